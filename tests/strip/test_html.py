"""HTML to article: what is story, what a page says of itself, and what is warned of."""

from __future__ import annotations

import pytest

from dedup.config import StripConfig
from dedup.records import Article, Page, SpanKind
from dedup.strip import explain_page, page_text, strip_page
from dedup.strip.page import strip_with_text

SENTENCES = [
    "The board that runs the ferries said on Friday that the boat to the outer island would stop "
    "running at the end of October, after forty years in which it had sailed twice a day.",
    "Passengers, of whom there were eleven thousand last year, will have to take the mail boat, "
    "which sails on Tuesdays only and has no room for a car, a calf or a coffin.",
    "“We learned of it from the radio,” said Hanne Moe, who keeps the only shop on the island and "
    "who has written to the minister three times since the spring.",
    "The minister, Jon Aske, told parliament in June that no route would be closed before a bridge "
    "had been built, and that the bridge was a matter of two winters at most.",
    "No one has begun to build it. The firm that won the contract went out of business in August, "
    "and the two piers that it left are used by cormorants.",
]
NAV = '<nav><ul><li><a href="/">Home</a></li><li><a href="/n">News</a></li></ul></nav>'
TEASERS = "".join(
    f'<li><a href="/{n}">{title}</a></li>'
    for n, title in enumerate(["Mayor opens fair", "Storm on its way", "Fox seen in the bank"])
)
FOOTER = (
    f'<aside class="related"><h3>Related stories</h3><ul>{TEASERS}</ul></aside>'
    "<footer><p>&copy; 2021 The Isle Post. All rights reserved.</p></footer>"
)


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts or SENTENCES)


def page_of(body: str, head: str = "<title>Ferry to stop | The Isle Post</title>") -> Page:
    html = f"<html><head>{head}</head><body>{NAV}{body}{FOOTER}</body></html>"
    return Page(id="p", text=html, is_html=True)


def strip(body: str, head: str = "<title>Ferry to stop | The Isle Post</title>") -> Article:
    page = page_of(body, head)
    article = strip_page(page)
    text = page_text(page)
    assert "".join(text[span.start : span.end] for span in article.spans) == text
    return article


STORY = f"<h1>Ferry to stop</h1>{paragraphs()}"


@pytest.mark.parametrize("tag", ["article", "main", "div"])
def test_the_article_is_kept_and_the_chrome_is_told(tag: str) -> None:
    article = strip(f"<{tag}>{STORY}</{tag}>")
    assert article.text.split("\n") == ["Ferry to stop", *SENTENCES]
    removed = {span.rule for span in article.spans if span.kind is not SpanKind.BODY}
    assert len(removed) > 1 and not article.warnings


@pytest.mark.parametrize("mode", ["auto", "safe", "core"])
def test_html_is_stripped_the_same_in_every_mode(mode: str) -> None:
    page = page_of(f"<article>{STORY}</article>")
    assert strip_page(page, StripConfig(mode=mode)) == strip_page(page)


def test_the_headline_is_story_where_it_stands_apart_from_the_article() -> None:
    head = f"<header><h1>Ferry to stop</h1></header>{NAV}"
    article = strip(f"{head}<div class=body>{paragraphs()}</div>")
    assert article.text.startswith("Ferry to stop\nThe board")


@pytest.mark.parametrize("tag", ['p class="standfirst"', 'h2 class="subtitle"'])
def test_the_standfirst_is_story(tag: str) -> None:
    dek = "Islanders are to lose their only boat, and the bridge is not there"
    body = f"<h1>Ferry to stop</h1><{tag}>{dek}</{tag.partition(' ')[0]}><div>{paragraphs()}</div>"
    assert strip(body).text.split("\n")[:2] == ["Ferry to stop", dek]


POINTS = [
    "In March the harbour master asked for a new engine, and was told to ask again in May.",
    "In May he asked again, and was told that there was no money for engines.",
    "In July the old one stopped, half a mile out, with ninety people on board.",
]


@pytest.mark.parametrize(
    "inner",
    [
        "<ul>" + "".join(f"<li>{point}</li>" for point in POINTS) + "</ul>",
        "<blockquote>" + paragraphs(*POINTS) + "</blockquote>",
        "<div>" + "<br><br>".join(POINTS) + "</div>",
    ],
)
def test_what_stands_between_two_paragraphs_is_story(inner: str) -> None:
    body = f"<h1>Ferry to stop</h1>{paragraphs(*SENTENCES[:2])}{inner}{paragraphs(*SENTENCES[2:])}"
    assert strip(body).text.split("\n")[1:] == [*SENTENCES[:2], *POINTS, *SENTENCES[2:]]


@pytest.mark.parametrize("last", ["He denies it.", "No one was hurt.", "The inquiry goes on."])
def test_a_short_sentence_at_the_end_is_story(last: str) -> None:
    assert strip(f"<article>{STORY}<p>{last}</p></article>").text.endswith(last)


def test_a_table_and_a_sentence_at_the_end_are_story() -> None:
    hours = "<table><tr><th>Day</th><th>Boat</th></tr><tr><td>Monday</td><td>9.15</td></tr></table>"
    last = "Tickets that were bought for the winter can be given back on the quay."
    text = strip(f"<div class=story>{STORY}<h3>The last boats</h3>{hours}<p>{last}</p></div>").text
    assert text.endswith(f"The last boats\nDay | Boat\nMonday | 9.15\n{last}")


def test_the_entries_of_a_live_page_are_story_to_the_last() -> None:
    entries = "".join(
        f"<div class=entry><time>1{n}:20</time><h3>Entry number {n} of the day</h3><p>{text}</p>"
        f"{'<div>Share</div>' if n < 4 else ''}</div>"
        for n, text in enumerate(SENTENCES)
    )
    text = strip(f"<main><h1>Ferry to stop: live</h1>{entries}</main>").text
    assert all(sentence in text for sentence in SENTENCES)
    assert "Entry number 4 of the day" in text and "Share" not in text


def test_questions_and_answers_are_story() -> None:
    talk = ["Why now?", "Because the engine is old, and so am I.", "And the bridge?", "Ask them."]
    asked = paragraphs(*talk)
    assert all(line in strip(f"<article>{STORY}{asked}</article>").text for line in talk)


def test_line_ends_of_the_source_change_nothing() -> None:
    wrapped = paragraphs().replace(", ", ",\n   ")
    assert strip(f"<div>{wrapped}</div>").text == strip(f"<div>{paragraphs()}</div>").text


def test_explained_lines_are_all_of_the_page() -> None:
    page = page_of(f"<article>{STORY}</article>")
    stripped = strip_with_text(page)
    assert [line.text for line in explain_page(page)] == stripped.text.split("\n")


def test_a_page_nested_a_thousand_deep_is_read() -> None:
    article = strip_page(Page(id="p", text="<div>" * 1_000 + STORY, is_html=True))
    assert article.text.split("\n") == ["Ferry to stop", *SENTENCES]


OTHER = [
    "Farmers in Nebraska, who had sold their summer crop at four dollars, said that they would "
    "hold what they have left until the new year, when freight is cheap.",
    "Wheat prices rose for a third week on the exchange in Chicago, as traders weighed a dry "
    "spring in Kansas against a record harvest in Ukraine and full silos in Canada.",
    "A bushel for delivery in December cost six dollars and eleven cents, the most since the "
    "summer, and millers in Minnesota bought what they could find.",
    "Analysts at the farm bank expect the price to fall again once rain reaches the plains, which "
    "meteorologists there forecast for the second half of the month.",
]


@pytest.mark.parametrize(
    "header",
    [
        "<h2>More top stories</h2>",
        "<h3>Related Articles</h3><div>Reuters</div><div>- Reuters</div><div>2 hours ago</div>",
    ],
)
def test_a_second_article_is_embedded(header: str) -> None:
    second = f"<h2>Wheat rises for a third week</h2>{paragraphs(*OTHER)}"
    article = strip(f"<main>{STORY}{header}{second}</main>")
    assert article.text.split("\n") == ["Ferry to stop", *SENTENCES]
    assert [inner.title for inner in article.embedded] == ["Wheat rises for a third week"]


CHROME = [
    "<section class=comments><h2>Comments</h2><div class=comment><b>Joe12</b><p>I took that boat "
    "for thirty years and nobody ever asked me what I thought of it.</p></div></section>",
    "<div class=newsletter><h3>The morning letter</h3><p>Sign up to our newsletter and have the "
    "best of our reporting in your inbox each morning.</p></div>",
    "<div class=cookie-consent><p>We and our partners store and access personal data, like "
    "browsing data or unique identifiers, on your device.</p></div>",
]


@pytest.mark.parametrize("chrome", CHROME)
def test_comments_and_appeals_are_not_story(chrome: str) -> None:
    assert strip(f"<article>{STORY}</article>{chrome}").text.split("\n")[1:] == SENTENCES


# ---- what a page says of itself -------------------------------------------------------------


def test_metadata_of_a_page() -> None:
    head = (
        "<title>Ferry to stop | The Isle Post</title>"
        '<meta property="og:site_name" content="The Isle Post">'
        '<link rel="canonical" href="https://isle.example/news/ferry">'
        '<meta name="author" content="Isle Post Staff, Ines Roth">'
    )
    article = strip(f"<article>{STORY}</article>", head)
    assert article.title == "Ferry to stop"
    assert (article.url, article.outlet) == ("https://isle.example/news/ferry", "isle.example")


DATES = [
    ('<p>By Ines Roth</p><time datetime="2025-03-09T10:00">9 March</time>', "2025-03-09"),
    ("<p>Published 9 March 2025</p>", "2025-03-09"),
    ("", None),
]


@pytest.mark.parametrize(("line", "day"), DATES)
def test_the_day_is_the_articles_own(line: str, day: str | None) -> None:
    assert strip(f"<article><h1>Ferry to stop</h1>{line}{paragraphs()}</article>").published == day


@pytest.mark.parametrize(
    "foreign",
    [
        '<blockquote class="tweet"><p>Gone!</p><time datetime="2019-05-05">5 May 2019</time>'
        "</blockquote>",
        '<aside><a href="/2018/01/">January 2018</a><time datetime="2018-01-01">x</time></aside>',
        "<p>&copy; 2017 The Isle Post</p>",
    ],
)
def test_a_day_of_something_else_is_no_day(foreign: str) -> None:
    body = f"<h1>Ferry to stop</h1>{paragraphs(*SENTENCES[:2])}{foreign}"
    assert strip(f"<article>{body}{paragraphs(*SENTENCES[2:])}</article>").published is None


# ---- no silent loss -------------------------------------------------------------------------


def test_a_page_of_links_is_no_article_and_says_so() -> None:
    links = "".join(
        f'<div class=teaser><a href="/{n}">Council votes on item {n} of its long list</a></div>'
        for n in range(40)
    )
    article = strip(links, "<title>News</title>")
    assert article.text == ""
    assert any("no article" in warning for warning in article.warnings)


def test_a_section_page_of_teasers_is_no_article_and_says_so() -> None:
    teasers = "".join(
        f"<div class=teaser><h3><a href=/{n}>{text[:40]}</a></h3><p>{text[:120]} ...</p></div>"
        for n, text in enumerate(SENTENCES + OTHER)
    )
    article = strip(f"<main><h1>World</h1>{teasers}</main>", "<title>World</title>")
    assert article.text == ""
    assert any("section page" in warning for warning in article.warnings)


def test_a_page_of_a_line_or_two_is_kept_with_a_warning() -> None:
    article = strip_page(Page(id="p", text="<b>Rain</b> later", is_html=True))
    assert article.text == "Rain later"
    assert any("no article" in warning for warning in article.warnings)
