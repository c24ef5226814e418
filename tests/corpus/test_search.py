"""Relate: the whole search, from articles to named clusters; and the same in plain Python."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import dedup
from dedup.records import Article, Relation

ROOT = Path(__file__).parents[2]
BODIES = {path.stem: path.read_text() for path in sorted((ROOT / "tests/expected").glob("*.txt"))}
EXPECT = yaml.safe_load((ROOT / "seeds" / "pairs.yaml").read_text())["expect"]
KINDS = ("exact", "near", "contains", "excerpt", "rewrite", "same_story")


def article(name: str, text: str, **known: Any) -> Article:
    return Article(**{"id": name, "page": name, "text": text, "language": "en", **known})


def seeds() -> list[Article]:
    return [article(name, text) for name, text in BODIES.items()]


def invent(name: str, count: int) -> str:
    """Invented words without figures, no two alike and none of another name."""
    letters = [chr(ord("a") + k) for k in range(26)]
    return " ".join(f"{name}{a}{b}{c}q" for a in letters for b in letters for c in letters[:2])[
        : count * (len(name) + 5)
    ].rsplit(" ", 1)[0]


def together(clusters: list[dedup.Cluster], *ids: str) -> bool:
    return any(set(ids) <= set(cluster.members) for cluster in clusters)


@pytest.mark.parametrize("case", EXPECT, ids=lambda case: next(iter(case)))
def test_seeds_are_related_as_expected(case: dict[str, Any]) -> None:
    found = dedup.find_duplicates(seeds())
    if "same_story" in case:
        assert together(found.stories, *case["same_story"])
    elif "exact" in case:
        left, right = case["exact"]
        assert ("exact", left, right) in {(m.relation, m.left, m.right) for m in found.matches}
    else:
        assert not together([*found.copies, *found.stories], *case["different"])


def test_clusters_are_named_after_their_canonical() -> None:
    found = dedup.find_duplicates(seeds())
    for cluster in [*found.copies, *found.stories]:
        assert cluster.id == f"{cluster.level}:{cluster.canonical}"
        assert cluster.canonical in cluster.members
        assert list(cluster.members) == sorted(cluster.members)
        assert {cluster.weakest.left, cluster.weakest.right} <= set(cluster.members)


def test_a_story_holds_the_copies_of_its_members() -> None:
    first, *others = (one for one in seeds() if "#" not in one.id)
    twin = article("twin", first.text)
    found = dedup.find_duplicates([first, twin, *others])
    (story,) = found.stories
    assert {"twin", first.id} <= set(story.members)
    assert len(set(story.members)) == len(story.members)


def test_every_pair_has_one_relation() -> None:
    corpus = [*seeds(), article("twin", BODIES["000_1e9884309846ef1e"])]
    found = dedup.find_duplicates(corpus)
    pairs = [(match.left, match.right) for match in found.matches]
    assert pairs == sorted(set(pairs))
    assert all(left < right for left, right in pairs)


@pytest.mark.parametrize(
    ("left", "right", "relation"),
    [
        (invent("a", 200), invent("a", 200).upper(), "exact"),
        (invent("a", 200), f"{invent('b', 30)} {invent('a', 200)}", "near"),
        (invent("a", 60), f"{invent('a', 60)} {invent('b', 500)}", "contains"),
        (f"{invent('a', 25)} {invent('b', 300)}", f"{invent('c', 300)} {invent('a', 25)}", "any"),
        (invent("a", 200), invent("b", 200), None),
        ("", "", None),
        ("…", "!", None),
    ],
    ids=lambda value: value if value is None or len(value) < 10 else "text",
)
def test_compare(left: str, right: str, relation: str | None) -> None:
    """Both ways round, and as a search over the two finds it."""
    match, back = dedup.compare(left, right), dedup.compare(right, left)
    assert (match and match.relation) == (back and back.relation)
    if relation == "any":  # a passage and rare words: whichever, but something
        assert match is not None
        assert match.passages
    else:
        assert (match and match.relation) == relation
    found = dedup.find_duplicates([article("left", left), article("right", right)])
    assert [one.relation for one in found.matches] == ([match.relation] if match else [])


def forecast(seed: int, changed: float) -> str:
    """A column: the same words every day, and figures of which so many are new."""
    rng, base = random.Random(seed), random.Random(0)
    words = invent("w", 120).split()
    pieces = []
    for at in range(0, 120, 3):
        old, new = base.randint(100, 999), rng.randint(100, 999)
        pieces += [*words[at : at + 3], str(new if rng.random() < changed else old)]
    return " ".join(pieces)


def test_two_days_of_one_column_are_no_copies() -> None:
    for changed in (0.3, 0.6, 1.0):
        match = dedup.compare(forecast(1, changed), forecast(2, changed))
        assert match is None or match.relation in (Relation.EXCERPT, Relation.REWRITE)
    match = dedup.compare(forecast(1, 0.05), forecast(2, 0.05))  # one day, some figures corrected
    assert match is not None
    assert match.relation == Relation.NEAR


def test_a_story_without_its_table_is_a_copy() -> None:
    rng = random.Random(2)
    story = invent("a", 150)
    table = " ".join(f"{invent('b', 3)} {rng.randint(1, 99)} {rng.random():.3f}" for _ in range(60))
    match = dedup.compare(story, f"{story} {table}")
    assert match is not None
    assert match.relation in (Relation.NEAR, Relation.CONTAINS)


@settings(max_examples=25, deadline=None)
@given(
    texts=st.lists(
        st.lists(
            st.sampled_from(["a", "b", "東", "é", "1", "…", "\u0301", "\ud800"]), max_size=60
        ).map(" ".join),
        max_size=6,
    )
)
def test_any_articles_at_all(texts: list[str]) -> None:
    corpus = [article(f"{k}", text) for k, text in enumerate(texts)]
    found = dedup.find_duplicates(corpus)
    assert dedup.find_duplicates(corpus[::-1]) == found
    copies = [name for cluster in found.copies for name in cluster.members]
    assert len(copies) == len(set(copies))


# The same search with the kernels as plain Python; the word list is short, for they file it.
SEARCH = """
import json, sys, wordfreq
from itertools import islice
from pathlib import Path
import numpy as np

whole = wordfreq.get_frequency_dict
wordfreq.get_frequency_dict = lambda *a, **k: dict(islice(whole(*a, **k).items(), 800))
import wordfreq.numbers
import dedup
from dedup.text import rarity
from dedup.config import Config
from dedup.corpus.sketching import sketch_corpus

rarity._TABLED_WIDTHS = (2,)
texts = [path.read_text() for path in sorted(Path(sys.argv[1]).glob("*.txt"))]
texts = [" ".join(text.split()[:170]) for text in texts]
texts += [texts[0], texts[1] + " " + " ".join(texts[2].split()[:60])]
texts += ["", "東京で会談が行われた", "e\\u0301"]
corpus = [
    dedup.Article(id=f"{k:02}", page=f"{k:02}", text=text, language="ja" if "東" in text else "en")
    for k, text in enumerate(texts)
]
sketches = sketch_corpus(corpus, Config().sketch).sketches
found = dedup.find_duplicates(corpus)
columns = [sketches.signatures, sketches.samples, sketches.weights, sketches.digests]
columns += [sketches.shingles.values, sketches.features.values]
said = [column.tolist() for column in columns]
said.append([str(one) for group in found for one in group])
json.dump(said, sys.stdout)
"""


def search(*, compiled: bool) -> list[Any]:
    env = {**os.environ, "NUMBA_DISABLE_JIT": str(int(not compiled))}
    command = [sys.executable, "-W", "ignore", "-c", SEARCH, str(ROOT / "tests" / "expected")]
    run = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    found: list[Any] = json.loads(run.stdout)
    return found


def test_kernels_in_plain_python_find_the_same() -> None:
    compiled, plain = search(compiled=True), search(compiled=False)
    assert any("same_story" in one or "rewrite" in one for one in compiled[-1])
    for ours, theirs in zip(compiled, plain, strict=True):
        assert ours == theirs


# --- what the library is given


def test_names_not_yet_imported_are_listed() -> None:
    code = "import dedup; print(set(dedup.__all__) - set(dir(dedup)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"


def test_types_are_for_those_who_import_it_too() -> None:
    assert Path(str(dedup.__file__)).with_name("py.typed").is_file()


def test_what_is_no_article_is_told() -> None:
    page: Any = dedup.Page(id="a", text="The harbour board voted on Monday.")
    for call in (lambda: dedup.compare(page, "x"), lambda: dedup.find_duplicates([page])):
        with pytest.raises(dedup.InputError, match="not an article: Page; strip_page makes one"):
            call()


@pytest.mark.parametrize("given", [None, b"bytes", Path("a.txt"), dedup.Rejected("a", "empty")])
def test_what_is_no_page_is_told(given: Any) -> None:
    with pytest.raises(dedup.InputError, match="not a page and not its text: "):
        dedup.strip_page(given)
