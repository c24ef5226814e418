"""Choose: the order of the rules, and the name of the one that decided."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

import dedup
from dedup.cluster.canonical import ArticleMetadata, choose_canonical
from dedup.config import KeepConfig, Preference
from dedup.records import Article, Attribution

PLAIN = ArticleMetadata("b", "main", frozenset(), None, None, 100)
EARLY, LATE = (PLAIN._replace(published=f"2024-05-0{day}") for day in (1, 2))
# Of two equal articles the second is better by one rule only.
RULES = [
    ("main", PLAIN._replace(kind="embedded"), PLAIN, (1, 1)),
    ("no warning", PLAIN._replace(warned=True), PLAIN, (1, 1)),
    ("coverage", PLAIN, PLAIN, (0.8, 0.9)),
    ("earliest", LATE, EARLY, (1, 1)),
    ("earliest", PLAIN, LATE, (1, 1)),
    ("longest", PLAIN, PLAIN._replace(length=101), (1, 1)),
    ("smallest id", PLAIN, PLAIN._replace(id="a"), (1, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "worse", "better", "cover"), RULES)
def test_each_rule_decides(
    rule: str, worse: ArticleMetadata, better: ArticleMetadata, cover: tuple[float, float]
) -> None:
    assert choose_canonical([0, 1], cover, [worse, better]) == (1, rule)
    assert choose_canonical([1, 0], cover[::-1], [worse, better]) == (1, rule)


def test_named_as_source() -> None:
    bbc = PLAIN._replace(id="z", names=frozenset({"bbc.com"}))
    others = [PLAIN._replace(id=name, source="bbc.com") for name in "xy"]
    assert choose_canonical([0, 1, 2], [1, 1, 1], [*others, bbc]) == (2, "named as source")


def test_naming_itself_is_no_evidence() -> None:
    vain = PLAIN._replace(id="z", names=frozenset({"z.com"}), source="z.com")
    assert choose_canonical([0, 1], [1, 1], [PLAIN, vain]) == (0, "smallest id")


def test_rules_in_order() -> None:
    """Each article is best by the next rule and worst by all that follow."""
    metadata = [
        ArticleMetadata("e", "embedded", frozenset({"e.com"}), None, "2024-01-01", 900),
        ArticleMetadata("d", "main", frozenset(), "c.com", "2024-05-09", 100),
        ArticleMetadata("c", "main", frozenset({"c.com"}), None, "2024-05-08", 200),
        ArticleMetadata("b", "main", frozenset(), "e.com", "2024-05-01", 300),
        ArticleMetadata("a", "main", frozenset(), "e.com", "2024-05-02", 800),
    ]
    cover = [0.9, 0.8, 0.5, 0.5, 0.5]
    rows = [0, 1, 2, 3, 4]
    decided = []
    while rows:
        row, rule = choose_canonical(rows, [cover[row] for row in rows], metadata)
        decided.append((metadata[row].id, rule))
        rows.remove(row)
    assert decided == [
        ("d", "coverage"),
        ("b", "earliest"),  # nobody left names c
        ("a", "earliest"),
        ("c", "main"),
        ("e", "smallest id"),
    ]


def test_coverage_differs_by_a_hundredth_or_not_at_all() -> None:
    pair = [PLAIN, PLAIN._replace(id="a")]
    assert choose_canonical([0, 1], [0.902, 0.898], pair) == (1, "smallest id")
    assert choose_canonical([0, 1], [0.91, 0.90], pair) == (0, "coverage")


# Moments, earliest first: later on the clock is not always later.
MOMENTS = [
    "2023",
    "2024-04",
    "2024-05-01",
    "2024-05-02T01:00:00+09:00",
    "Wed, 01 May 2024 17:00:00 GMT",
    "2024-05-01T18:30:00",
    "2024-05-01T23:00:00+02:00",
    "20240501T220000Z",
    "2024-05-02",
    "2024-05-01T20:00:00-05:00",
    "last Tuesday",
    None,
]


def test_earliest_is_the_earliest_moment() -> None:
    for k, (first, later) in enumerate(pairwise(MOMENTS)):
        pair = [PLAIN._replace(published=later), PLAIN._replace(published=first)]
        assert choose_canonical([0, 1], [1, 1], pair) == (1, "earliest"), k


@pytest.mark.parametrize(
    "published", ["2024-05-01T10:00:00Z", "2024-05-01T12:00:00+02:00", "20240501T100000"]
)
def test_one_moment_written_in_two_ways_decides_nothing(published: str) -> None:
    pair = [
        PLAIN._replace(published=published),
        PLAIN._replace(id="a", published="2024-05-01T10:00:00+00:00"),
    ]
    assert choose_canonical([0, 1], [1, 1], pair) == (1, "smallest id")


BODY = " ".join(f"word{k}" for k in range(150))
UPDATED = f"{BODY} {' '.join(f'update{k}' for k in range(15))}"


def article(name: str, text: str, **known: object) -> Article:
    return Article(**{"id": name, "page": name, "text": text, "language": "en", **known})


def canonical_of(*articles: Article) -> tuple[str, str]:
    (cluster,) = dedup.find_duplicates(articles).copies
    assert set(cluster.members) == {one.id for one in articles}
    return cluster.canonical, cluster.rule


def test_the_fuller_body_is_kept() -> None:
    assert canonical_of(article("a", BODY), article("b", UPDATED)) == ("b", "coverage")


def test_a_twin_is_chosen_by_every_rule() -> None:
    twins = [article("a", BODY, published="2024-05-02"), article("b", BODY, published="2024-05-01")]
    assert canonical_of(*twins) == ("b", "earliest")
    assert canonical_of(article("a", BODY), article("b", BODY)) == ("a", "smallest id")
    embedded = article("a", BODY, kind="embedded", published="2024-05-01")
    assert canonical_of(embedded, article("b", BODY)) == ("b", "main")


def test_the_rules_hold_over_all_twins_of_all_bodies() -> None:
    """The fuller body stands first as an embedded article: its main twin speaks for it."""
    articles = (
        article("a", UPDATED, kind="embedded"),
        article("b", BODY),
        article("c", UPDATED),
    )
    assert canonical_of(*articles) == ("c", "coverage")


def test_a_twin_that_others_name_is_kept() -> None:
    said = Attribution(source="Wire.com")
    articles = (
        article("a", BODY, outlet="a.com"),
        article("b", BODY, outlet="wire.com"),
        article("c", BODY, outlet="c.com", attribution=said),
    )
    assert canonical_of(*articles) == ("b", "named as source")


def test_first_published_is_a_moment_too() -> None:
    late, early = "2024-05-01T23:00:00-05:00", "2024-05-02T01:00:00Z"
    articles = [article("a", BODY, published=late), article("b", BODY, published=early)]
    (cluster,) = dedup.find_duplicates(articles).copies
    assert (cluster.canonical, cluster.first_published) == ("b", early)


def test_which_twin_is_kept_changes_no_story() -> None:
    """A body's twins are one body, whichever of them speaks for it."""
    long = " ".join([*(f"left{k}" for k in range(900)), *BODY.split()[:60], "end"])
    quoted = " ".join(BODY.split()[:60])
    dates = ["2024-05-01", "2024-05-02"]
    found = []
    for first, second in (dates, dates[::-1]):
        twins = article("a", quoted, published=first), article("b", quoted, published=second)
        result = dedup.find_duplicates([*twins, article("c", long)])
        relations = sorted((match.relation, match.right == "c") for match in result.matches)
        stories = [cluster.members for cluster in result.stories]
        found.append((relations, stories))
    assert found[0] == found[1]


LONG, SHORT = PLAIN._replace(length=900), PLAIN._replace(id="s", length=90)
POLICIES = [  # of two articles the second is chosen, by the rule named
    (("latest",), EARLY, LATE, "latest"),
    (("latest",), PLAIN, EARLY, "latest"),
    (("longest", "earliest"), EARLY, LATE._replace(length=101), "longest"),
    (("earliest", "longest"), LATE._replace(length=999), EARLY, "earliest"),
    ((), LONG._replace(id="t"), SHORT, "smallest id"),
]


@pytest.mark.parametrize(("prefer", "worse", "better", "rule"), POLICIES)
def test_the_policy_decides(
    prefer: tuple[Preference, ...], worse: ArticleMetadata, better: ArticleMetadata, rule: str
) -> None:
    keep = KeepConfig(prefer=prefer)
    assert choose_canonical([0, 1], [1, 1], [worse, better], keep) == (1, rule)


def test_trusted_outlets_come_first_in_their_order() -> None:
    own = [PLAIN._replace(id=name, names=frozenset({f"{name}.com"})) for name in "abc"]
    trusting = KeepConfig(outlets=("C.com", "b.com"))
    assert choose_canonical([0, 1, 2], [1, 0.5, 0.2], own, trusting) == (2, "trusted outlet")
    assert choose_canonical([0, 1], [1, 0.5], own, trusting) == (1, "trusted outlet")
    last = KeepConfig(outlets=("b.com",), prefer=("covers", "outlets"))
    assert choose_canonical([0, 1], [1, 0.5], own, last) == (0, "coverage")
    assert choose_canonical([0, 1], [1, 1], own, last) == (1, "trusted outlet")


def test_no_policy_prefers_a_page_in_doubt() -> None:
    doubted = PLAIN._replace(warned=True, length=999, names=frozenset({"b.com"}))
    keep = KeepConfig(prefer=("longest",), outlets=("b.com",))
    assert choose_canonical([0, 1], [1, 1], [doubted, PLAIN], keep) == (1, "no warning")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("prefer: [coverz]", "keep: prefer: no value 'coverz'; values: covers, named, earliest"),
        ("prefer: [earliest, latest]", "prefer has both earliest and latest; give one"),
        ("prefer: [longest, longest]", "prefer names one twice: longest, longest"),
        ("prefer: [outlets]", "prefer has outlets, and outlets is empty; name them"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(written: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "keep.yaml"
    path.write_text(f"keep: {{{written}}}")
    with pytest.raises(dedup.ConfigError, match=re.escape(message)):
        dedup.load_config(path)
