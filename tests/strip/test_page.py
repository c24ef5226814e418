"""Strip: the seeds' goldens, the partition of a page, and pages made from the domain's grammar."""

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.config import StripConfig
from dedup.records import Article, Page, SpanKind
from dedup.strip import explain_page, page_text, strip_page
from dedup.strip.html.flatten import scan_html

ROOT = Path(__file__).parents[2]
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))
EXPECTED = sorted((ROOT / "tests" / "expected").glob("*.txt"))
ATTRIBUTION = yaml.safe_load((ROOT / "seeds" / "pairs.yaml").read_text())["attribution"]
MODES = ["auto", "safe"]


def read_seed(path: Path, mode: str = "auto") -> Article:
    return strip_page(Page(id=path.stem, text=path.read_text()), StripConfig(mode=mode))


def find_article(name: str, mode: str = "auto") -> Article:
    main = read_seed(ROOT / "seeds" / f"{name.partition('#')[0]}.txt", mode)
    return next(article for article in (main, *main.embedded) if article.id == name)


def full_lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def rebuild(article: Article, text: str) -> str:
    return "".join(text[span.start : span.end] for span in article.spans)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.stem)
def test_seed_body_equals_expected(path: Path, mode: str) -> None:
    assert full_lines(find_article(path.stem, mode).text) == full_lines(path.read_text())


def test_every_embedded_article_is_expected() -> None:
    found = {article.id for path in SEEDS for article in read_seed(path).embedded}
    assert found == {path.stem for path in EXPECTED if "#" in path.stem}


@pytest.mark.parametrize("name", sorted(ATTRIBUTION))
def test_seed_attribution(name: str) -> None:
    article = find_article(name)
    for field, value in ATTRIBUTION[name].items():
        holder = article if field == "outlet" else article.attribution
        found = getattr(holder, field)
        assert (list(found) if isinstance(found, tuple) else found) == value


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_seed_spans_rebuild_the_page(path: Path) -> None:
    text = path.read_text()
    article = read_seed(path)
    assert rebuild(article, text) == text
    for inner in article.embedded:
        start, end = inner.spans[0].start, inner.spans[-1].end
        assert rebuild(inner, text) == text[start:end]


def test_removed_spans_name_their_rule() -> None:
    article = find_article("001_d8f760fbf85c5939")
    assert article.removed
    assert all(span.rule and span.rule != "body" for span in article.removed)


def test_off_keeps_every_line() -> None:
    text = SEEDS[1].read_text()
    article = strip_page(text, StripConfig(mode="off"))
    assert full_lines(article.text) == full_lines(text)
    assert rebuild(article, text) == text


def test_url_and_outlet_are_carried() -> None:
    article = strip_page("Rain fell.", url="https://example.com/a", outlet="example.com")
    assert (article.url, article.outlet) == ("https://example.com/a", "example.com")


@pytest.mark.parametrize("text", ["", "\n\n", " \t", "x", "\r\n", "\ud800", "\x00"])
@pytest.mark.parametrize("mode", ["auto", "safe", "core", "off"])
def test_odd_pages_strip_without_harm(text: str, mode: str) -> None:
    assert rebuild(strip_page(text, StripConfig(mode=mode)), text) == text


# ---- titles ---------------------------------------------------------------------------------

LEAD = "The council of the valley voted on Monday to rebuild the old bridge over the river Orr."
PROSE = f"{LEAD} Work is to start in May and will take two years.\n{LEAD} It will cost a lot."


@pytest.mark.parametrize(
    ("head", "title"),
    [
        (["Old bridge to be rebuilt"], 0),
        (["Will the council of the valley rebuild the bridge over the river at last?"], 0),
        (["The bridge is back. It took its time."] * 2, 0),
        (
            ["Men look at the bridge over the river.", "Ann Lee/Reuters", "Old bridge is back"],
            2,
        ),
        ([LEAD], None),
    ],
)
def test_title_is_the_headline_above_the_prose(head: list[str], title: int | None) -> None:
    found = strip_page("\n".join([*head, PROSE]), StripConfig(mode="safe")).title
    assert found == (None if title is None else head[title])


# ---- HTML ---------------------------------------------------------------------------------

PARAGRAPH = "The council voted on Monday to rebuild the old bridge, which had stood for a century. "
HTML = f"""<html lang="en"><head><title>Old bridge to be rebuilt | The Valley Post</title>
<meta name="author" content="Ann Lee"><meta property="article:published_time"
content="2023-12-17T08:00:00Z"></head><body><nav><a href="/">Home</a><a href="/n">News</a></nav>
<article><h1>Old bridge to be rebuilt</h1><p>{PARAGRAPH * 2}</p><p>{PARAGRAPH * 3}</p>
<p>{PARAGRAPH * 3}</p></article><footer>Copyright 2023 The Valley Post</footer></body></html>"""


def test_html_gives_body_and_metadata() -> None:
    page = Page(id="h", text=HTML, is_html=True, url="https://valley.example/bridge")
    article = strip_page(page)
    assert "The council voted on Monday" in article.text
    assert "Copyright" not in article.text
    assert article.title == "Old bridge to be rebuilt"
    assert (article.published, article.language) == ("2023-12-17", "en")
    assert article.attribution.author == "Ann Lee"
    assert rebuild(article, page_text(page)) == page_text(page)


STORY = "".join(f"<p>{PARAGRAPH}It will open in {year}.</p>" for year in range(2020, 2026))


@pytest.mark.parametrize(
    ("html", "warning"),
    [
        ("<div>" * 10_000 + STORY, "nested too deep"),
        ("<html><head><script>var x = 1;</head><body>" + STORY, "never closed"),
        ("<!-- " + STORY, "never closed"),
    ],
)
def test_html_that_no_parser_reads_keeps_its_story(html: str, warning: str) -> None:
    page = Page(id="h", text=html, is_html=True)
    article = strip_page(page)
    assert article.text.count("The council voted on Monday") == 6
    assert [warning in one for one in article.warnings] == [True]
    assert rebuild(article, page_text(page)) == page_text(page)


@pytest.mark.parametrize("html", ["", "<frameset><frame src=a></frameset>", "<script>x()</script>"])
def test_html_without_text_says_so(html: str) -> None:
    article = strip_page(Page(id="h", text=html, is_html=True))
    assert article.text == ""
    assert any("no text in the HTML" in warning for warning in article.warnings)


@pytest.mark.parametrize("part", ["<script>", "<!--", "<a ", "<" + "a" * 9, "</", "<p>x", "&amp;"])
def test_scanning_takes_linear_time(part: str) -> None:
    started = time.process_time()
    scan_html(part * 200_000)
    assert time.process_time() - started < 20  # quadratic: hours


# ---- pages from the domain's grammar --------------------------------------------------------

WORDS = [
    "river",
    "council",
    "bridge",
    "vote",
    "senate",
    "budget",
    "harvest",
    "storm",
    "school",
    "train",
    "minister",
    "coast",
]
MENU = ["Home", "Contact us", "Privacy Policy", "Sign in", "Subscribe", "Terms of Use", "Weather"]
CHROME = ["Advertisement", "Share on Facebook", "Facebook Twitter Email", "READ MORE: Storm nears"]
OPENERS = ["Related Articles", "Comments", "Most Popular", "More from the web"]
words = st.sampled_from(WORDS)


@st.composite
def sentences(draw: st.DrawFn) -> str:
    chosen = draw(st.lists(words, min_size=26, max_size=40))
    return f"The {' '.join(chosen)} said {draw(st.integers(1, 99999))}."


@st.composite
def pages(draw: st.DrawFn) -> tuple[list[str], list[str], list[str]]:
    head = draw(st.lists(st.sampled_from([*MENU, *CHROME]), max_size=6))
    body = draw(st.lists(sentences(), min_size=6, max_size=14, unique=True))
    teasers = st.lists(words, min_size=4, max_size=8).map(lambda chosen: " ".join(chosen).title())
    tail = [draw(st.sampled_from(OPENERS)), *draw(st.lists(teasers, max_size=6))]
    return head, body, tail


@settings(max_examples=60, deadline=None)
@given(pages(), st.sampled_from(["\n", "\n\n", "\n \t\n"]), st.sampled_from(MODES))
def test_generated_pages_keep_body_and_lose_chrome(
    parts: tuple[list[str], list[str], list[str]], gap: str, mode: str
) -> None:
    head, body, tail = parts
    text = gap.join([*head, *body, *tail])
    article = strip_page(text, StripConfig(mode=mode))
    assert article.text.split("\n") == body
    assert rebuild(article, text) == text


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*MENU, *CHROME, *OPENERS, "", " ", "\t", "By Ann Lee", "h"])))
def test_any_mix_of_chrome_partitions(lines: list[str]) -> None:
    text = "\n".join(lines)
    article = strip_page(text)
    assert rebuild(article, text) == text
    assert all(span.end > span.start for span in article.spans)


@settings(max_examples=30, deadline=None)
@given(pages())
def test_body_spans_are_the_text(parts: tuple[list[str], list[str], list[str]]) -> None:
    text = "\n".join(line for part in parts for line in part)
    article = strip_page(text)
    body = [text[s.start : s.end] for s in article.spans if s.kind is SpanKind.BODY]
    assert "\n".join(body) == article.text
    assert strip_page(text) == article


def test_explain_covers_every_line() -> None:
    page = Page(id="e", text=SEEDS[3].read_text())
    explained = explain_page(page)
    assert [line.text for line in explained] == [
        line.strip() for line in page.text.split("\n") if line.strip()
    ]
    assert {line.kind for line in explained} >= {SpanKind.BODY, SpanKind.SECTION_OPENER}
