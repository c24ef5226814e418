"""Recount: the jargon of a corpus makes no story, and a real story in it is one still."""

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedup
from dedup.config import DocumentFrequencyConfig, SketchConfig
from dedup.match.document_frequency import weigh_in_corpus
from dedup.records import Article
from dedup.sketch.build import sketch_texts
from dedup.sketch.columns import Sketches

SYLLABLES = ["bra", "cor", "dag", "fen", "gul", "hok", "jel", "kri", "lom", "mur", "nax", "oste"]
NOTICE = """{company} quarterly net
Qtr ended September: shr {a} cts vs {b} cts; net {c} mln dlrs vs {d} mln dlrs; revs {e} mln dlrs vs
{f} mln dlrs. Nine mths shr {g} cts vs {h} cts; net {i} mln dlrs. Avg shrs {j} mln. Note: latest
qtr includes eurobond redemption charge of {k} mln dlrs and extraordinary tax loss carryforward
of {l} mln dlrs; prior restated for a 3-for-2 split. Per-share eurobond figures are fully diluted.
Subordinated debenture payable September; record date {m}. Statement by {name}, comptroller."""
STORY = [
    """Reactor at Brannikov shut after coolant leak
The Brannikov nuclear plant shut its second reactor on Tuesday after engineers found a coolant
leak near the Sennholt turbine hall, the operator Veltrona said. Its director, Ingmar Prosk, said
no radiation had escaped. Residents of Lake Ottersund were told to stay indoors for three hours.""",
    """Veltrona halts reactor over leaking coolant
Veltrona has halted one of two reactors at Brannikov. Ingmar Prosk, who runs the plant, told
reporters that coolant was seen dripping by the Sennholt turbine hall at dawn. People living
around Lake Ottersund spent the morning behind closed windows, though radiation stayed normal.""",
]
DEFAULT = DocumentFrequencyConfig()


def invent_name(rng: random.Random) -> str:
    return "".join(rng.choices(SYLLABLES, k=4)).capitalize()


def make_notices(count: int, seed: int = 1) -> list[str]:
    rng = random.Random(seed)
    return [
        NOTICE.format(
            company=f"{invent_name(rng)} {rng.choice(['Corp', 'Industries', 'Bank'])}",
            name=f"{invent_name(rng)} {invent_name(rng)}",
            **{key: round(rng.uniform(1, 900), 1) for key in "abcdefghijklm"},
        )
        for _ in range(count)
    ]


def as_articles(texts: list[str]) -> list[Article]:
    return [
        Article(id=f"{k:04}", page=f"{k:04}", text=text, language="en")
        for k, text in enumerate(texts)
    ]


def sketch(texts: list[str]) -> Sketches:
    return sketch_texts(texts, SketchConfig(), "en")


def all_rows(sketches: Sketches) -> np.ndarray:
    return np.arange(len(sketches), dtype=np.uint32)


def test_notices_that_differ_in_names_and_figures_make_no_story() -> None:
    found = dedup.find_duplicates(as_articles(make_notices(150)))
    assert found.stories == []
    assert [match for match in found.matches if match.relation == "rewrite"] == []


def test_notices_in_a_corpus_of_thirty_make_no_story() -> None:
    assert dedup.find_duplicates(as_articles(make_notices(30))).stories == []


def test_a_story_among_the_notices_is_one_still() -> None:
    notices = make_notices(150)
    texts = [*notices[:75], STORY[0], *notices[75:], STORY[1]]
    found = dedup.find_duplicates(as_articles(texts))
    assert [cluster.members for cluster in found.stories] == [("0075", "0151")]


def test_the_jargon_is_what_the_recount_takes_off() -> None:
    sketches = sketch(make_notices(150))
    corpus_weights = weigh_in_corpus(sketches, all_rows(sketches), DEFAULT)
    counts = np.unique(sketches.features.values, return_counts=True)[1]
    assert (counts == 150).sum() > 50  # what every notice has
    heavy = sketches.weights > 1
    assert heavy.sum() > 5000
    assert np.median(corpus_weights.weights[heavy] / sketches.weights[heavy]) < 0.5


@pytest.mark.parametrize("copies", [2, 5, 20])
def test_a_small_corpus_does_not_make_its_names_common(copies: int) -> None:
    sketches = sketch([f"{STORY[0]} {k}" for k in range(copies)])
    corpus_weights = weigh_in_corpus(sketches, all_rows(sketches), DEFAULT)
    names = sketches.weights >= 8
    assert names.any()
    # As rare as a word of fifty in a million; counted by itself the handful makes it common.
    assert corpus_weights.weights[names].min() > 0.4
    alone = weigh_in_corpus(
        sketches, all_rows(sketches), DocumentFrequencyConfig(background_articles=0)
    )
    assert alone.weights[names].max() < 0.01


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(
        st.sets(st.integers(0, 2**8 - 1).map(lambda k: k << 24 | 5), max_size=30),
        min_size=1,
        max_size=10,
    ),
    background=st.sampled_from([0, 10, 10_000]),
)
def test_weights_follow_the_counts(rows: list[set[int]], background: int) -> None:
    sketches = sketch([""] * len(rows))
    values = [value for row in rows for value in sorted(row)]
    sketches = Sketches(
        np.full(len(rows), 200, dtype=np.int32),
        sketches.digests,
        sketches.signatures,
        sketches.shingles,
        type(sketches.features)(np.array(values, np.uint32), np.cumsum([0, *map(len, rows)])),
        np.full(len(values), 12.0, dtype=np.float32),
        np.full(len(values), 8, dtype=np.uint8),
        sketches.samples,
    )
    config = DocumentFrequencyConfig(background_articles=background)
    counted = rows[: len(rows) // 2 + 1]
    looking = np.arange(len(counted), dtype=np.uint32)
    corpus_weights = weigh_in_corpus(sketches, looking, config)
    times = Counter(value for row in counted for value in row)
    for value, weight in zip(values, corpus_weights.weights, strict=True):
        articles = times[value]
        share = 1.5 * articles / ((background + len(counted)) * 200)
        cap = max(0.0, (7 - (np.log10(share) + 9)) / 3) ** 3 if articles else np.inf
        assert weight == pytest.approx(min(12.0, cap), rel=1e-4)


def test_nothing_to_count() -> None:
    sketches = sketch([STORY[0]])
    corpus_weights = weigh_in_corpus(sketches, np.empty(0, np.uint32), DEFAULT)
    assert np.array_equal(corpus_weights.weights, sketches.weights)
    assert len(weigh_in_corpus(sketch([]), np.empty(0, np.uint32), DEFAULT).weights) == 0


def test_order_of_rows_changes_nothing() -> None:
    sketches = sketch([*make_notices(20), *STORY])
    one = weigh_in_corpus(sketches, all_rows(sketches), DEFAULT)
    two = weigh_in_corpus(sketches, all_rows(sketches)[::-1].copy(), DEFAULT)
    assert np.array_equal(one.weights, two.weights)
    assert np.array_equal(one.totals, two.totals)


@pytest.mark.parametrize("texts", [[], [""], STORY])
def test_weights_in_a_file_are_those_in_memory(
    texts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dedup.match.document_frequency._BLOCK", 7)
    sketches = sketch_texts(texts, SketchConfig())
    rows = np.arange(len(texts), dtype=np.uint32)
    inside = weigh_in_corpus(sketches, rows, DocumentFrequencyConfig())
    mapped = weigh_in_corpus(sketches, rows, DocumentFrequencyConfig(), tmp_path / "weights")
    assert mapped.weights.dtype == inside.weights.dtype
    assert np.array_equal(mapped.weights, inside.weights)
    assert np.array_equal(mapped.totals, inside.totals)
