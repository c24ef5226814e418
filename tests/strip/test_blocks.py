"""The blocks of a page's DOM: what is one, what is on the page at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.strip.html.blocks import parse_html, read_blocks
from dedup.strip.html.metadata import Metadata, read_metadata


def blocks_of(html: str) -> list[str]:
    tree = parse_html(html)
    assert tree is not None
    return [block.text for block in read_blocks(tree).blocks]


def metadata_of(head: str, body: str = "<p>x</p>") -> Metadata:
    return read_metadata(parse_html(f"<html><head>{head}</head><body>{body}</body></html>"))


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        ("<p>Rain  fell\non <b>Mon</b>day</p>", ["Rain fell on Monday"]),
        ("<div>One<p>two</p>three</div>", ["One", "two", "three"]),
        ("<ul><li>One</li><li>Two<ul><li>Three</li></ul></li></ul>", ["One", "Two", "Three"]),
        ("<p>One<br>Two<br><br>Three</p>", ["One", "Two", "Three"]),
        ("<p>The rain fell<br>on the plain</p>", ["The rain fell on the plain"]),
        ("<a href=x><h3>Head</h3><p>Text</p></a>", ["Head", "Text"]),
        ("<table><tr><td>Monday</td><td>9</td></tr></table>", ["Monday | 9"]),
        ("<pre>One\n\nTwo</pre>", ["One", "Two"]),
        ("<p>A<script>x()</script>B</p><style>p{}</style>", ["AB"]),
    ],
)
def test_blocks(html: str, blocks: list[str]) -> None:
    assert blocks_of(html) == blocks


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>Not here</p>",
        '<p aria-hidden="true">Not here</p>',
        '<div style="color: red; display : none"><p>Not here</p></div>',
        "<noscript><p>Not here</p></noscript>",
        "<template><p>Not here</p></template>",
        "<select><option>Not here</option></select>",
    ],
)
def test_what_is_hidden_is_not_on_the_page(hidden: str) -> None:
    assert blocks_of(f"<p>Before</p>{hidden}tail<p>After</p>") == ["Before", "tail", "After"]


def test_a_page_that_hides_everything_is_read_all_the_same() -> None:
    assert blocks_of('<body style="display:none"><p>All of it</p></body>') == ["All of it"]


def test_a_cell_with_a_paragraph_lays_out_the_page() -> None:
    long = "word " * 30
    assert blocks_of(f"<table><tr><td>Menu</td><td>{long}</td></tr></table>") == [
        "Menu",
        long.strip(),
    ]


WRAPPED = [
    "The ferry between the two islands will stop running at the end of",
    "October, the company that owns it said on Friday, since the winter",
    "brings it too few passengers to pay for the fuel and for the crew.",
]


@pytest.mark.parametrize("mark", ["<br>", "<br/>\n", "\n"])
def test_lines_wrapped_by_hand_are_one_paragraph(mark: str) -> None:
    tag = "pre" if mark == "\n" else "div"
    again = mark.join(WRAPPED) + mark + mark + mark.join(WRAPPED)
    assert blocks_of(f"<{tag}>{again}</{tag}>") == [" ".join(WRAPPED)] * 2


def test_link_words_are_counted_within_and_around_blocks() -> None:
    tree = parse_html("<p>See <a>the whole list</a> here</p><a><div>All of it</div></a><p>No</p>")
    assert [block.link_words for block in read_blocks(tree).blocks] == [3, 3, 0]


def test_deep_nesting_is_read() -> None:
    assert blocks_of("<div>" * 1_000 + "<p>Rain fell.") == ["Rain fell."]


TEXTS = st.lists(st.sampled_from(["rain", "fell", "on", "Monday", "&amp;", "12"]), min_size=1)
TAGS = st.sampled_from(["p", "div", "li", "td", "span", "b", "a", "h2", "section", "pre", "tr"])
TREES = st.recursive(
    TEXTS.map(" ".join),
    lambda inner: st.tuples(TAGS, st.lists(inner, max_size=4)).map(
        lambda node: f"<{node[0]}>{'<br>'.join(node[1])}</{node[0]}>"
    ),
)


@settings(max_examples=100, deadline=None)
@given(TREES)
def test_blocks_have_all_the_words_of_the_tree_in_order(html: str) -> None:
    tree = parse_html(f"<html><body>{html}</body></html>")
    words = [word for block in read_blocks(tree).blocks for word in block.text.split()]
    shown = [word for word in words if word != "|"]
    assert "".join(shown) == "".join(tree.text_content().split())


# ---- metadata -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>Ferry to stop | The Isle Post</title>", "Ferry to stop | The Isle Post"),
        (
            "<title>Ferry to stop | The Isle Post</title>"
            '<meta property="og:site_name" content="Isle Post">',
            "Ferry to stop",
        ),
        (
            '<meta property="og:title" content="The Isle Post - Ferry to stop - for good">'
            '<meta property="og:site_name" content="The Isle Post">',
            "Ferry to stop - for good",
        ),
        (
            '<script type="application/ld+json">{"@graph": [{"@type": "WebSite", "name": "P"},'
            '{"@type": "NewsArticle", "headline": "Ferry &amp; crew to stop"}]}</script>'
            '<meta property="og:title" content="Something else">',
            "Ferry & crew to stop",
        ),
    ],
)
def test_titles_are_without_the_name_of_the_site(head: str, title: str) -> None:
    assert metadata_of(head).title == title


@pytest.mark.parametrize(
    ("head", "url"),
    [
        ('<link rel="canonical" href="https://isle.example/a/1">', "https://isle.example/a/1"),
        ('<meta property="og:url" content="https://isle.example/a/1">', "https://isle.example/a/1"),
        ('<link rel="canonical" href="https://isle.example/">', None),
        ('<link rel="canonical" href="/a/1">', None),
    ],
)
def test_the_address_of_a_page(head: str, url: str | None) -> None:
    assert metadata_of(head).url == url


@pytest.mark.parametrize(
    ("author", "people"),
    [
        ('{"@type": "Person", "name": "Ines Roth"}', ("Ines Roth",)),
        ('[{"name": "Ines Roth"}, {"name": "Tom Hale"}]', ("Ines Roth", "Tom Hale")),
        ('{"@type": "Organization", "name": "Reuters"}', ()),
        ('"The Isle Post"', ()),
        ('"Isle Post Staff"', ()),
        ('"https://facebook.com/islepost"', ()),
        ('"Sport"', ()),
    ],
)
def test_authors_are_people(author: str, people: tuple[str, ...]) -> None:
    linked = f'{{"@type": "NewsArticle", "author": {author}}}'
    site = '<meta property="og:site_name" content="Isle Post">'
    head = f'{site}<script type="application/ld+json">{linked}</script>'
    assert metadata_of(head).authors == people


def test_a_surname_that_comes_first_is_put_last() -> None:
    assert metadata_of('<meta name="dc.creator" content="Roth, Ines">').authors == ("Ines Roth",)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2025-03-09T23:10:00+02:00", "2025-03-09"),
        ("Sun, 09 Mar 2025 08:00:00 GMT", "2025-03-09"),
        ("2025", "2025"),
        ("1970-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00", None),
        ("last week", None),
        ("2025-13-40", None),
    ],
)
def test_dates_of_the_metadata(written: str, day: str | None) -> None:
    found = metadata_of(f'<meta property="article:published_time" content="{written}">')
    assert found.published == day
