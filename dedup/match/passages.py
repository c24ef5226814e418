"""Passages: the runs of words that two texts share, found from anchors and extended both ways."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Hashes
from dedup.sketch.shingles import combine_hashes, mix_bits

_MOST_PLACES = 64  # places of one anchor that are tried: refrains must not cost the square
_SLOTS = 1 << 13  # several for each anchor of a page
_SLOT = np.uint64(_SLOTS - 1)


@njit(cache=True, nogil=True)
def hash_anchors(tokens: Array, width: int) -> Hashes:
    """A hash of each run of `width` tokens, in order."""
    count = max(0, tokens.shape[0] - width + 1)
    anchors = np.empty(count, dtype=np.uint64)
    for i in range(count):
        state = tokens[i]
        for k in range(1, width):
            state = combine_hashes(state, tokens[i + k])
        anchors[i] = mix_bits(state)
    return anchors


# Most texts that are compared share few anchors, and to sort those of one takes longest.
@njit(cache=True, nogil=True)
def _find_likely(ours: Array, theirs: Array) -> NDArray[np.int64]:
    """Where the anchors stand that the other text has, and a few that it has not."""
    seen = np.zeros(_SLOTS, dtype=np.bool_)
    for anchor in theirs:
        seen[anchor & _SLOT] = True
    likely = np.empty(ours.shape[0], dtype=np.int64)
    found = 0
    for i in range(ours.shape[0]):
        likely[found] = i
        found += seen[ours[i] & _SLOT]
    return likely[:found]


@njit(cache=True, nogil=True)
def match_runs(left: Array, right: Array, anchor_words: int, min_words: int) -> NDArray[np.int64]:
    """The shared runs of two token sequences: int64[n, 3] of left index, right index, words."""
    ours, theirs = hash_anchors(left, anchor_words), hash_anchors(right, anchor_words)
    likely = _find_likely(ours, theirs)
    order = likely[np.argsort(ours[likely], kind="mergesort")]
    ordered = ours[order]
    runs = np.empty((theirs.shape[0], 3), dtype=np.int64)
    found = 0
    j, free = 0, 0  # words of the right text before `free` are in a run
    while j < theirs.shape[0]:
        place = np.searchsorted(ordered, theirs[j])
        best, best_words = -1, 0
        for k in range(place, min(place + _MOST_PLACES, ordered.shape[0])):
            if ordered[k] != theirs[j]:
                break
            i, words = order[k], 0
            while (
                i + words < left.shape[0]
                and j + words < right.shape[0]
                and left[i + words] == right[j + words]
            ):
                words += 1
            if words > best_words:
                best, best_words = i, words
        # Backwards too: the places of a run that opens with a refrain may not all have been tried.
        back = 0
        while best > back and j - back > free and left[best - back - 1] == right[j - back - 1]:
            back += 1
        if best_words + back >= min_words:
            runs[found] = best - back, j - back, best_words + back
            found += 1
            j += best_words
            free = j
        else:
            j += 1
    return runs[:found]
