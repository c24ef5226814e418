"""What is new in a version, against its canonical article: passages, figures and quotations.

A word is new if no run of five words that it stands in is in the other text: so a sentence that
has only moved is not new, and one changed word is one new word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array
from dedup.match.evidence import find_figures, find_quotes, list_figures
from dedup.match.passages import hash_anchors
from dedup.records import Changes
from dedup.text.tokenise import Tokens, tokenise_text

_RUN_WORDS = 5  # as a shingle has by default


def find_changes(version: str, other: str) -> Changes:
    """What the version has that the other text has not, and the figures and quotes it lacks.

    >>> old = "The mayor said on Monday that 12 people had been hurt in it."
    >>> new = "The mayor said on Monday that 14 people had been hurt in it."
    >>> changes = find_changes(new, old)
    >>> changes.new_words, changes.new_passages, changes.figures_added, changes.figures_gone
    (1, ((30, 32),), ('14',), ('12',))
    """
    ours, theirs = tokenise_text(version), tokenise_text(other)
    new = mark_new(ours.hashes, theirs.hashes)
    gone = mark_new(theirs.hashes, ours.hashes)
    runs = _list_runs(new)
    return Changes(
        new_words=int(new.sum()),
        new_passages=tuple((int(ours.starts[i]), int(ours.ends[j - 1])) for i, j in runs),
        figures_added=_drop_known(_list_marked(find_figures(version), version, ours, new), other),
        figures_gone=_drop_known(_list_marked(find_figures(other), other, theirs, gone), version),
        quotes_added=_list_marked(find_quotes(version), version, ours, new),
        quotes_gone=_list_marked(find_quotes(other), other, theirs, gone),
    )


def find_unshared(text: str, others: Sequence[str]) -> tuple[str, ...]:
    """The passages of a text that none of the others has, in order.

    >>> find_unshared("one two three four five six seven", ["zero one two three four five"])
    ('six seven',)
    """
    tokens = tokenise_text(text)
    unshared = np.ones(len(tokens.hashes), dtype=np.bool_)
    for other in others:
        unshared &= mark_new(tokens.hashes, tokenise_text(other).hashes)
    return tuple(text[tokens.starts[i] : tokens.ends[j - 1]] for i, j in _list_runs(unshared))


def _list_marked(
    spans: Iterable[tuple[int, int]], text: str, tokens: Tokens, marked: NDArray[np.bool_]
) -> tuple[str, ...]:
    """What stands in those of the spans that hold a marked word, each once, in order."""
    found = (text[start:end] for start, end in spans if _holds_any(start, end, tokens, marked))
    return tuple(dict.fromkeys(found))


def _drop_known(figures: tuple[str, ...], text: str) -> tuple[str, ...]:
    """The figures that a text does not have elsewhere, and those of one digit."""
    known = list_figures(text)
    plain = ((figure, list_figures(figure)) for figure in figures)
    return tuple(figure for figure, named in plain if not named.keys() & known.keys())


def _holds_any(start: int, end: int, tokens: Tokens, marked: NDArray[np.bool_]) -> bool:
    first, last = np.searchsorted(tokens.ends, start, "right"), np.searchsorted(tokens.starts, end)
    return bool(marked[first:last].any())


def mark_new(tokens: Array, known: Array) -> NDArray[np.bool_]:
    """Of each token whether no run of five that it stands in is among those of `known`.

    A text of fewer words than five is one run.
    """
    width = min(_RUN_WORDS, len(tokens), len(known)) or 1
    runs = hash_anchors(tokens, width)
    marked: NDArray[np.bool_] = _spread_known(np.isin(runs, hash_anchors(known, width)), width)
    return marked if len(tokens) else np.zeros(0, dtype=np.bool_)


@njit(cache=True, nogil=True)
def _spread_known(known: Array, width: int) -> NDArray[np.bool_]:
    """True for each word of which no run is known; run i begins at word i."""
    new = np.ones(known.shape[0] + width - 1, dtype=np.bool_)
    for i in range(known.shape[0]):
        if known[i]:
            new[i : i + width] = False
    return new


def _list_runs(marked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where each run of marked words begins and ends."""
    edges = np.flatnonzero(np.diff(marked.astype(np.int8), prepend=0, append=0))
    return [(int(i), int(j)) for i, j in edges.reshape(-1, 2)]
