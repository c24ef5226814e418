"""Appended articles: whole stories under an opener that names no outlet."""

from pathlib import Path

import pytest

from dedup.config import StripConfig
from dedup.strip import strip_page

SAFE = StripConfig(mode="safe")
BODY = (Path(__file__).parents[1] / "cases" / "bridge.txt").read_text(encoding="utf-8").splitlines()
HEADLINE = "Old bridge over the river to be rebuilt"
OTHER = "Goalkeeper Okafor saves two penalties in the cup"
MATCH = [
    "Goalkeeper Chidi Okafor saved two penalties on Saturday night as Kano Pillars beat Enyimba "
    "and went through to the semi-finals of the Nigerian cup for the first time since 1994.",
    "Okafor dived left to turn away striker Emeka Obi's kick, then right to deny captain Sani "
    "Bello, and the stadium sang his name until long after the whistle.",
    "“My coach showed me videos of Obi all week,” said the goalkeeper, 23, whose contract with the "
    "Pillars runs out in June and whom two Belgian clubs are watching.",
    "Enyimba's trainer Musa Danjuma blamed referee Ifeanyi Eze, who had sent off full-back Tunde "
    "Adeyemi for a second booking shortly before half-time.",
]


@pytest.mark.parametrize("opener", ["More top stories", "Related Articles", "Latest News"])
@pytest.mark.parametrize("between", [[], ["By Jo Roe", "3 hours ago"], ["The Pillars go through"]])
def test_a_whole_story_under_an_opener_is_embedded(opener: str, between: list[str]) -> None:
    text = "\n".join([HEADLINE, *BODY, opener, OTHER, *between, *MATCH])
    article = strip_page(text, SAFE)
    assert article.text.split("\n") == [HEADLINE, *BODY]
    [inner] = article.embedded
    assert (inner.title, inner.outlet) == (OTHER, None)
    assert [line for line in inner.text.split("\n") if line in MATCH] == MATCH
    assert "".join(text[span.start : span.end] for span in article.spans) == text


@pytest.mark.parametrize(
    "below",
    [
        ["Latest News", "What comes next for the valley", *BODY[3:]],  # the article goes on
        ["Latest News", OTHER, *MATCH, "What comes next for the valley", *BODY[3:]],
        ["Comments", OTHER, *MATCH],  # readers
        ["Latest News", OTHER, MATCH[0], "Bello hurt", MATCH[1], "Danjuma to appeal"],  # teasers
        [OTHER, *MATCH],  # no opener
    ],
)
def test_no_story_is_embedded(below: list[str]) -> None:
    assert not strip_page("\n".join([HEADLINE, *BODY[:3], *below]), SAFE).embedded


def test_two_stories_are_told_apart() -> None:
    text = "\n".join([HEADLINE, *BODY, "More stories", OTHER, *MATCH, *STORM])
    titles = [one.title for one in strip_page(text, SAFE).embedded]
    assert titles == [OTHER, STORM[0]]


STORM = [
    "Volcano dust grounds flights in three Icelandic airports",
    "Dust from the Hekla volcano grounded flights at Reykjavik, Akureyri and Egilsstadir on Friday "
    "and left some 4,000 tourists asleep on benches, Icelandair said.",
    "Geologist Sigrun Jonsdottir of the meteorological office expects the plume to drift towards "
    "the Faroe islands by Sunday, when rain should wash it out.",
    "Fishermen on the southern shore, who have seen eruptions before, covered their boats with "
    "tarpaulins and drove their sheep to the byres overnight.",
    "Icelandair will put on twelve spare Boeings once the runway at Keflavik has been swept, and "
    "asks passengers to wait for a text message.",
]
