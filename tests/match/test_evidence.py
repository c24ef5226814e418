"""Explain: passages against a brute-force search and difflib, terms against sets of words."""

import difflib
import re
import unicodedata
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedup
from dedup.config import Config, VerifyConfig
from dedup.match.evidence import analyse_text, find_passages, find_shared_terms, longest_run
from dedup.records import Article, Relation

ROOT = Path(__file__).parents[2]
BODIES = [path.read_text() for path in sorted((ROOT / "tests" / "expected").glob("*.txt"))]
# Few words, so that runs repeat, overlap and nest.
TEXTS = st.lists(st.sampled_from("abcde"), max_size=40)
LONG = [f"w{k}" for k in range(60)]


def words_in(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def runs_of(left: str, right: str, min_words: int) -> list[tuple[int, int, int]]:
    """The passages by word: where in left, where in right, how many; checks that words agree."""
    ours, theirs = analyse_text(left, "en"), analyse_text(right, "en")
    runs = []
    for a, b, c, d in find_passages(ours, theirs, min_words):
        assert words_in(left[a:b]) == words_in(right[c:d])
        runs.append((len(words_in(left[:a])), len(words_in(right[:c])), len(words_in(left[a:b]))))
    return runs


def occurs(run: list[str], words: list[str]) -> bool:
    return any(words[i : i + len(run)] == run for i in range(len(words) - len(run) + 1))


def longest_from(j: int, left: list[str], right: list[str]) -> int:
    length = 0
    while j + length < len(right) and occurs(right[j : j + length + 1], left):
        length += 1
    return length


@settings(max_examples=400, deadline=None)
@given(left=TEXTS, right=TEXTS, min_words=st.integers(1, 9))
def test_passages_are_equal_maximal_and_complete(
    left: list[str], right: list[str], min_words: int
) -> None:
    runs = runs_of(" ".join(left), " ".join(right), min_words)
    covered = 0
    for i, j, words in runs:
        assert words >= min_words
        assert j >= covered  # no word of the right text is in two
        assert left[i : i + words] == right[j : j + words]
        assert words == longest_from(j, left, right)  # no place in left would show more
        for missed in range(covered, j):  # nothing long enough is passed over
            assert longest_from(missed, left, right) < min_words
        covered = j + words
    for missed in range(covered, len(right)):
        assert longest_from(missed, left, right) < min_words


@settings(max_examples=150, deadline=None)
@given(left=TEXTS, right=TEXTS, min_words=st.integers(1, 12))
def test_there_is_a_run_where_difflib_has_one(
    left: list[str], right: list[str], min_words: int
) -> None:
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    longest = matcher.find_longest_match().size
    found = longest_run(
        analyse_text(" ".join(left), "en"), analyse_text(" ".join(right), "en"), min_words
    )
    assert bool(found) == (longest >= min_words)
    assert found <= longest


@settings(max_examples=100, deadline=None)
@given(
    heads=st.tuples(TEXTS, TEXTS),
    tails=st.tuples(TEXTS, TEXTS),
    start=st.integers(0, 40),
    words=st.integers(8, 20),
)
def test_a_shared_run_is_always_found(
    heads: tuple[list[str], list[str]],
    tails: tuple[list[str], list[str]],
    start: int,
    words: int,
) -> None:
    run = LONG[start : start + words]
    left, right = ([*heads[k], *run, *tails[k]] for k in (0, 1))
    found = runs_of(" ".join(left), " ".join(right), 8)
    at = len(heads[1])
    assert any(j <= at and at + words <= j + n for _, j, n in found)


def test_passages_of_the_seeds_are_what_difflib_sees() -> None:
    for left in BODIES[:4]:
        for right in BODIES[4:]:
            ours, theirs = words_in(left), words_in(right)
            matcher = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
            blocks = [block for block in matcher.get_matching_blocks() if block.size >= 8]
            found = runs_of(left, right, 8)
            for block in blocks:
                assert any(
                    j <= block.b and block.b + block.size <= j + words for _, j, words in found
                )


@pytest.mark.parametrize(
    ("left", "right", "passages"),
    [
        ("One two three!", "so: ONE, two — three", [("One two three", "ONE, two — three")]),
        ("Один два три", "ОДИН ДВА ТРИ четыре", [("Один два три", "ОДИН ДВА ТРИ")]),
        ("東京都知事", "新しい東京都知事が", [("東京都知事", "東京都知事")]),
        ("un café noir", "un cafe\u0301 noir", [("un café noir", "un cafe\u0301 noir")]),
        ("le grand café", "le grand cafe\u0301.", [("le grand café", "le grand cafe\u0301")]),
        ("straße über alles", "STRASSE UBER ALLES", [("straße über alles", "STRASSE UBER ALLES")]),
        ("a b c", "", []),
        ("", "a b c", []),
        ("a b", "a b", []),
        ("a b c x a b c d", "a b c d", [("a b c d", "a b c d")]),
        ("a b c d x c d e f", "a b c d e f", [("a b c d", "a b c d")]),
        ("a b c", "a b c a b c", [("a b c", "a b c"), ("a b c", "a b c")]),
    ],
)
def test_passages_in_characters(left: str, right: str, passages: list[tuple[str, str]]) -> None:
    found = find_passages(analyse_text(left, "en"), analyse_text(right, "en"), 3)
    assert [(left[a:b], right[c:d]) for a, b, c, d in found] == passages


def test_decomposed_hangul_is_shown_whole() -> None:
    text = "대통령은 월요일에 회담이 재개될 것이라고"
    apart = unicodedata.normalize("NFD", text)
    (passage,) = find_passages(analyse_text(text, "ko"), analyse_text(f"{apart} 말했다", "ko"), 4)
    assert passage == (0, len(text), 0, len(apart))


def test_a_refrain_costs_no_square_and_hides_nothing() -> None:
    refrain = "one two three four five " * 3000
    left, right = refrain + " ".join(LONG), refrain + " ".join(LONG)
    runs = runs_of(left, right, 8)
    assert sum(words for *_, words in runs) >= len(LONG)
    assert runs[-1][1] + runs[-1][2] == len(words_in(right))


def test_a_run_that_opens_with_a_refrain_is_found_whole() -> None:
    opening = "the minister said on monday that"
    left = " ".join([*(f"{opening} x{k}" for k in range(200)), opening, *LONG])
    right = " ".join([opening, *LONG])
    assert longest_run(analyse_text(left, "en"), analyse_text(right, "en"), 20) == 6 + len(LONG)


TERMS = (
    "Ingmar Prosk shut the Brannikov reactor; the president said so.",
    "At Brannikov, the president met Ingmar Prosk; the reactor is told.",
)


def test_terms_are_shared_rare_and_heaviest_first() -> None:
    left, right = (analyse_text(text, "en") for text in TERMS)
    terms = find_shared_terms(left, right, 12)
    both = set(words_in(TERMS[0])) & set(words_in(TERMS[1]))
    assert [term.text for term in terms][:2] == ["Ingmar Prosk", "Brannikov"]
    assert all(set(words_in(term.text)) <= both for term in terms)
    assert all(term.text in TERMS[0] for term in terms)
    weights = [term.weight for term in terms]
    assert weights == sorted(weights, reverse=True)
    shown = [word for term in terms for word in words_in(term.text)]
    assert len(shown) == len(set(shown))
    assert not {"the", "said", "and"} & set(shown)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_so_many_terms_at_most(most: int) -> None:
    left, right = (analyse_text(text, "en") for text in TERMS)
    assert len(find_shared_terms(left, right, most)) == most


def test_no_terms_where_nothing_weighs() -> None:
    left, right = (analyse_text("東京 で 会 い ま し た", "xx") for _ in range(2))
    assert find_shared_terms(left, right, 12) == ()


@pytest.mark.parametrize(("left", "right"), [("", ""), ("", "Brannikov"), ("…", "…")])
def test_terms_of_nothing(left: str, right: str) -> None:
    assert find_shared_terms(analyse_text(left, "en"), analyse_text(right, "en"), 12) == ()


def article(name: str, text: str) -> Article:
    return Article(id=name, page=name, text=text, language="en")


def quoting(words: int) -> tuple[str, str]:
    """Two texts of different words that share one run of so many."""
    own = [f"left{k}" for k in range(300)]
    other = [f"right{k}" for k in range(300)]
    run = LONG[:words]
    return " ".join([*own, *run, *own[::-1]]), " ".join([*other, *run, *other[::-1]])


@pytest.mark.parametrize(("words", "relation"), [(20, Relation.EXCERPT), (19, None), (0, None)])
def test_an_excerpt_is_a_passage_of_twenty_words(words: int, relation: Relation | None) -> None:
    match = dedup.compare(*quoting(words))
    assert (match.relation if match else None) == relation


def test_scattered_shingles_are_no_excerpt() -> None:
    left = [f"{' '.join(LONG[k : k + 6])} left{k}" for k in range(0, 54, 6)]
    right = [f"{' '.join(LONG[k : k + 6])} right{k}" for k in range(0, 54, 6)]
    pads = [" ".join(f"{side}pad{k}" for k in range(300)) for side in "ab"]
    assert dedup.compare(" ".join([*left, pads[0]]), " ".join([*right, pads[1]])) is None


@pytest.mark.parametrize("least", [1, 3, 4, 5, 6])
def test_short_excerpts_where_they_are_asked_for(least: int) -> None:
    verify = msgspec.structs.replace(VerifyConfig(), min_passage_words=least)
    config = Config(verify=verify)
    match = dedup.compare(*quoting(least), config)
    assert match is not None
    assert match.relation == Relation.EXCERPT
    if least > 1:
        assert dedup.compare(*quoting(least - 1), config) is None


def test_matches_of_a_corpus_are_those_of_comparing() -> None:
    articles = [article(f"{k}", text) for k, text in enumerate([*BODIES, *quoting(30)])]
    found = dedup.find_duplicates(articles)
    by_id = {one.id: one for one in articles}
    for match in found.matches:
        alone = dedup.compare(by_id[match.left], by_id[match.right])
        assert alone is not None
        assert alone.passages == match.passages
        assert alone.shared_terms == match.shared_terms
        assert (alone.jaccard, alone.containment) == (match.jaccard, match.containment)
