"""Articles under headers of many forms, and what looks like one and is none."""

from __future__ import annotations

import pytest

from dedup.strip import strip_page

OWN = [
    "Harbour council approves a new ferry terminal",
    "The harbour council of Westport approved a ferry terminal on Tuesday after months of "
    "argument over moorings, dredging and the price of parking along the quay.",
    "Councillor Brenda Hollis said the terminal would bring commuters back to the waterfront, "
    "where fishing boats have been berthed beside a derelict cannery since the last ferry was "
    "scrapped.",
    "Engineers expect dredging to begin in spring, once herring have spawned, and the first "
    "vessels should be moored by autumn if the piles can be driven before the storms arrive.",
    "Opponents, who gathered outside with placards, said the quay would be choked by lorries "
    "and that the council had ignored an oceanographer's report on silt.",
]
OTHER = [
    "Scientists at an observatory in Chile have photographed a comet whose tail glows green, "
    "a colour that astronomers attribute to molecules of carbon broken apart by ultraviolet "
    "sunlight.",
    "The comet was spotted by a graduate student, Paula Iturriaga, who was calibrating a "
    "spectrograph when a smudge crossed her exposure of a distant galaxy cluster.",
    "It will pass closest to the sun in February and may be seen without binoculars from the "
    "southern hemisphere, provided that its nucleus does not crumble, as fragile comets often "
    "do.",
    "Telescopes in orbit have been asked to follow it, Iturriaga said, because its gas may "
    "preserve the chemistry of the cloud from which planets were formed.",
]
TITLE = "Green comet photographed by Chile observatory"


@pytest.mark.parametrize(
    "header",
    [
        ["Night Sky Weekly · 3 hours ago", TITLE],
        [TITLE, "Night Sky Weekly | July 6, 2023", "Share", "Photo: Ann Lee"],
        ["Night Sky Weekly", "vor 2 Stunden", TITLE],
        ["Il y a 3 heures", "Night Sky Weekly", TITLE],
        ["Reuters", "5 hours ago"],
        ["Night Sky Weekly", TITLE, "2 hours ago", "Share", "Save", "Comment"],
    ],
)
def test_a_story_under_a_header_is_embedded(header: list[str]) -> None:
    article = strip_page("\n".join([*OWN, *header, *OTHER]))
    [inner] = article.embedded
    assert all(paragraph in inner.text for paragraph in OTHER)
    assert all(paragraph in article.text for paragraph in OWN)
    assert not any(paragraph in article.text for paragraph in OTHER)


@pytest.mark.parametrize(
    "below",
    [
        ["2 hours ago", *OWN[1:]],  # the page's own words go on
        ["About the author", "Paula Iturriaga", OTHER[1]],
        ["Gull22", "3 hours ago", *OTHER],  # a reader, at length: no headline, no known outlet
        ["Comments", "Green comet photographed by Chile observatory", "3 hours ago", *OTHER],
    ],
)
def test_no_story_is_embedded(below: list[str]) -> None:
    assert not strip_page("\n".join([*OWN, *below])).embedded
