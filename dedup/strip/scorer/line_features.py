"""What the scorer sees of each line: its own shape, its neighbours, its place, the page.

The language-free part of jusText's and Kohlschütter's features (function words, words a line, the
lines before and after), and three things they lack: which rules know the line, where it stands to
the best run of prose, and how many of its words the rest of the prose shares.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dedup.records import SpanKind
from dedup.strip.lines import Line, ends_sentence
from dedup.strip.rules.rule_set import Hit
from dedup.strip.rules.terms import Terms
from dedup.strip.scorer.prose_run import LineRun, find_run

Array = npt.NDArray[np.float32]  # lines x columns
Column = npt.NDArray[np.float32]  # one value a line
_WORD = re.compile(r"[^\W\d_]+|\d+")
_SENTENCE = re.compile(r"[.!?…][\"”’')]*\s+[\"“‘'(]*[A-ZÀ-ÝА-Я]")
_QUOTES = ("“", '"', "‘", "'", "«", "„", "「")
_BULLETS = ("•", "·", "-", "–", "—", "*", "▪", "●", "►", "+", "»", "›")
_KINDS = (
    (SpanKind.MENU,),
    (SpanKind.SHARE,),
    (SpanKind.AD,),
    (SpanKind.CALL_TO_ACTION,),
    (SpanKind.SECTION_OPENER,),
    (SpanKind.ATTRIBUTION,),
    (SpanKind.CAPTION,),
    (SpanKind.TIMESTAMP,),
    (SpanKind.RIGHTS,),
)
COHESION_LETTERS = 4  # letters from which a word says something of the subject
OWN = (
    "words", "letters_a_word", "ends_sentence", "ends_colon", "capitalised", "function_words",
    "page_words", "digits", "commas", "sentences", "opens_quote", "opens_bullet", "first_person",
    "question", "marks", "all_capitals", "opens_lower", "repeats", "menu", "share", "ad",
    "call_to_action", "section_opener", "attribution", "caption", "timestamp", "rights",
)  # fmt: skip


def own_features(lines: Sequence[Line], hits: Sequence[tuple[Hit, ...]], terms: Terms) -> Array:
    """Each line by itself. Shape (lines, len(OWN)), float32."""
    repeats = Counter(line.key or line.text for line in lines)
    rows = [
        (*_line_shape(line, terms), float(repeats[line.key or line.text]), *_line_kinds(known))
        for line, known in zip(lines, hits, strict=True)
    ]
    return np.array(rows, dtype=np.float32).reshape(len(lines), len(OWN))


def _line_shape(line: Line, terms: Terms) -> tuple[float, ...]:
    text = line.text
    tokens = _WORD.findall(text)
    count = len(tokens) or 1
    lower = list(map(str.casefold, tokens))
    capitals = sum(map(str.isupper, [token[0] for token in tokens]))
    return (
        float(line.words),
        len(text) / line.words,
        float(ends_sentence(text)),
        float(text[-1] in ":："),
        capitals / count,
        sum(map(terms.function_words.__contains__, lower)) / count,
        sum(map(terms.page_words.__contains__, lower)) / count,
        sum(map(str.isdigit, tokens)) / count,
        (text.count(",") + text.count("，") + text.count("、")) / count,
        float(len(_SENTENCE.findall(text)) + 1),
        float(text.startswith(_QUOTES)),
        float(text.startswith(_BULLETS)),
        sum(map(_FIRST_PERSON.__contains__, lower)) / count,
        float(text.count("?") + text.count("!")) / count,
        float(sum(map(text.count, "|@#©/›»"))) / count,
        float(text.isupper()),
        float(text[0].islower()),
    )


_FIRST_PERSON = frozenset(("i", "my", "me", "ich", "je", "yo", "eu", "io", "я", "im", "ive"))


def _line_kinds(hits: tuple[Hit, ...]) -> tuple[float, ...]:
    if not hits:
        return (0.0,) * len(_KINDS)
    kinds = {hit.rule.kind for hit in hits}
    return tuple(float(any(kind in kinds for kind in group)) for group in _KINDS)


PLACE = (
    "prose", "passed", "left", "line_share", "since_prose", "until_prose", "in_run", "before_run",
    "after_run", "run_share", "block_words", "block_share", "openers", "since_opener", "cohesion",
    "known", "run_words", "page_lines", "page_prose", "prose_share", "lead_cohesion",
    "lead_cohesion_after", "lead_cohesion_before", "since_byline", "since_time", "bylines",
    "twice_said",
)  # fmt: skip


def place_features(lines: Sequence[Line], hits: Sequence[tuple[Hit, ...]], run: LineRun) -> Array:
    """Each line in its page. Shape (lines, len(PLACE)), float32."""
    size = len(lines)
    tokens = [_WORD.findall(line.text.casefold()) for line in lines]
    subjects = [{word for word in found if len(word) >= COHESION_LETTERS} for found in tokens]
    words = np.array([line.words for line in lines], dtype=np.float32)
    prose = np.array([line.prose and not h for line, h in zip(lines, hits, strict=True)])
    openers = np.array([any(hit.rule.cuts for hit in h) for h in hits])
    order = np.arange(size)
    prose_words = words * prose
    total = float(prose_words.sum()) or 1.0
    passed = np.cumsum(prose_words)
    inside = (order >= run.first) & (order < run.stop)
    blocks = _block_words(prose, prose_words)
    run_words = float(prose_words[inside].sum())
    columns = [
        prose.astype(np.float32),
        passed / total,
        1 - (passed - prose_words) / total,
        order / max(1, size - 1),
        since_marked(prose),
        since_marked(prose[::-1])[::-1],
        inside,
        np.maximum(0, run.first - order),
        np.maximum(0, order - run.stop + 1),
        np.full(size, run_words / total),
        blocks,
        blocks / total,
        np.cumsum(openers),
        since_marked(openers),
        find_cohesion(subjects, inside & prose),
        np.array([float(bool(h)) for h in hits]),
        np.full(size, run_words),
        np.full(size, size),
        np.full(size, total),
        np.full(size, total / max(1.0, float(words.sum()))),
        *_lead_columns(subjects, prose_words, run),
        *_header_columns(hits, inside),
        _twice_said(tokens),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


LEAD_WORDS = 150  # words of prose at the head of the run that say what the article is about
LEAD_SPAN = 8  # lines after and before a line over which its cohesion with the lead is averaged


def _lead_columns(subjects: Sequence[set[str]], prose_words: Column, run: LineRun) -> list[Column]:
    """What each line and its neighbours share with the run's first words."""
    order = np.arange(len(subjects))
    passed = np.cumsum(np.where(order >= run.first, prose_words, 0))
    lead = (order >= run.first) & (order < run.stop) & (passed - prose_words < LEAD_WORDS)
    shares = find_cohesion(subjects, lead & (prose_words > 0))
    weighed = np.stack([np.maximum(0, shares) * prose_words, prose_words], axis=1)
    before, after = mean_around(weighed.astype(np.float32), LEAD_SPAN)
    return [shares, _ratio(after), _ratio(before)]


def _ratio(sums: Array) -> Column:
    known = sums[:, 1] > 0
    return np.where(known, sums[:, 0] / np.where(known, sums[:, 1], 1), -1).astype(np.float32)


def _header_columns(hits: Sequence[tuple[Hit, ...]], inside: npt.NDArray[np.bool_]) -> list[Column]:
    """Lines since the last by-line and the last time, and how many of them the run had."""
    kinds = [{hit.rule.kind for hit in known} for known in hits]
    bylines = np.array([SpanKind.ATTRIBUTION in known for known in kinds])
    times = np.array([SpanKind.TIMESTAMP in known for known in kinds])
    counted = np.cumsum((bylines | times) & inside).astype(np.float32)
    return [since_marked(bylines), since_marked(times), counted]


def _twice_said(tokens: Sequence[list[str]], size: int = 4) -> Column:
    """Share of each line's runs of `size` words that another line of the page has too."""
    runs = [set(zip(*(found[i:] for i in range(size)), strict=False)) for found in tokens]
    counts = Counter(run for found in runs for run in found)
    shares = [sum(counts[run] > 1 for run in found) / (len(found) or 1) for found in runs]
    return np.array(shares, dtype=np.float32)


def since_marked(marks: npt.NDArray[np.bool_]) -> Column:
    """For each line, lines since the last marked one (0 on it); 99 where none came yet."""
    order = np.arange(len(marks))
    last = np.maximum.accumulate(np.where(marks, order, -1))
    return np.where(last < 0, 99, np.minimum(order - last, 99)).astype(np.float32)


def _block_words(prose: npt.NDArray[np.bool_], words: Column, gap: int = 2) -> Column:
    """Words of prose in each line's block: prose lines with at most `gap` other lines between."""
    near = np.minimum(since_marked(prose), since_marked(prose[::-1])[::-1]) <= gap / 2
    number = np.cumsum(np.diff(near.astype(np.int8), prepend=0) == 1)
    sums = np.bincount(number, weights=words * near, minlength=1)
    return np.where(near, sums[number], 0).astype(np.float32)


def find_cohesion(subjects: Sequence[set[str]], core: npt.NDArray[np.bool_]) -> Column:
    """Share of each line's subject words that the core's other lines have; -1 where it has none."""
    known: Counter[str] = Counter()
    for words, inside in zip(subjects, core, strict=True):
        if inside:
            known.update(words)
    # A word of a core line counts when another line has it too.
    elsewhere = known.keys()
    repeated = {word for word, count in known.items() if count > 1}
    shares = [
        len(words & (repeated if inside else elsewhere)) / len(words) if words else -1.0
        for words, inside in zip(subjects, core, strict=True)
    ]
    return np.array(shares, dtype=np.float32)


WINDOWED = ("words", "prose", "function_words", "capitalised", "known", "cohesion")
OFFSETS = (-3, -2, -1, 1, 2, 3)
SPAN = 6  # lines on each side that make a neighbourhood


def context_features(columns: Array) -> Array:
    """Each line's neighbours: the values at OFFSETS, then the means before and after."""
    shifted = [shift_rows(columns, offset) for offset in OFFSETS]
    before, after = mean_around(columns, SPAN)
    return np.concatenate([*shifted, before, after], axis=1)


def shift_rows(values: Array, offset: int) -> Array:
    """Row i of the result is row i + offset; -1 beyond the page."""
    shifted = np.full_like(values, -1)
    if offset > 0:
        shifted[:-offset] = values[offset:]
    else:
        shifted[-offset:] = values[:offset]
    return shifted


def mean_around(values: Array, span: int) -> tuple[Array, Array]:
    """The mean of the `span` rows before each row, and of those after it; 0 beyond the page."""
    size = len(values)
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    order = np.arange(size)
    before = sums[order] - sums[np.maximum(0, order - span)]
    after = sums[np.minimum(size, order + span + 1)] - sums[np.minimum(size, order + 1)]
    return (before / span).astype(np.float32), (after / span).astype(np.float32)


def line_features(
    lines: Sequence[Line], hits: Sequence[tuple[Hit, ...]], terms: Terms
) -> tuple[Array, LineRun]:
    """All that is seen of each line before any score: own, place, context; and the run of prose."""
    run = find_run(lines, hits)
    own = own_features(lines, hits, terms)
    place = place_features(lines, hits, run)
    names = [*OWN, *PLACE]
    both = np.concatenate([own, place], axis=1)
    windowed = both[:, [names.index(name) for name in WINDOWED]]
    return np.concatenate([both, context_features(windowed)], axis=1), run


def feature_names() -> list[str]:
    """The names of `line_features`' columns."""
    near = [f"{name}{offset:+d}" for offset in OFFSETS for name in WINDOWED]
    around = [f"{name}_{side}" for side in ("before", "after") for name in WINDOWED]
    return [*OWN, *PLACE, *near, *around]
