"""Bodies to sketches: what of an article is kept to find and verify its duplicates.

One row an article, in columns (`Sketches`):

- near view: `signatures`, the MinHash of the 5-word shingles, bit for bit what
  `datasketch.MinHash(scheme="affine32")` makes of the same shingle hashes;
- passage view: `shingles`, all of them, sorted and without repeats. A fixed share of a set chosen
  by value (FracMinHash; Irber et al. 2022) is its beginning, so the sample costs nothing;
- story view: `features`, the hashes of words and adjacent word pairs, each with its rarity as
  `weights` and how the article uses it as `uses` (see `stress`), and `samples`, their weighted
  MinHash.

Anyone can recompute a signature with `xxhash` and `datasketch` alone, as
`tests/sketch/test_build.py` does:

1. Words: fold the text and cut it as `fold` and `tokenise` say. Of ASCII text these are
   `re.findall("[a-z0-9]+", text.lower())`, words of more than 128 letters cut there.
2. Tokens: `xxhash.xxh64_intdigest(word.encode())` of each, the lowest bit set if the word has one
   of the digits 0-9, cleared if not.
3. Shingles: of every five tokens in a row t1 … t5, with P = 0x9E3779B185EBCA87,
   h = (((t1 * P + t2) * P + t3) * P + t4) * P + t5, modulo 2**64; then splitmix64's finaliser:
   h ^= h >> 30; h *= 0xBF58476D1CE4E5B9; h ^= h >> 27; h *= 0x94D049BB133111EB; h ^= h >> 31,
   modulo 2**64; the shingle is h >> 32, its lowest bit set if that of any of its tokens is, else
   cleared. Of n words, n from 1 to 4, there is one shingle, of the
   n + 1 numbers n, t1 … tn in place of the five. Of none there is none.
4. Signature: `MinHash(num_perm=128, seed=1, scheme="affine32", hashfunc=int)`, updated with each
   shingle, in any order; its `hashvalues`. Without shingles they are all 2**32 - 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import xxhash
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Hashes, Offsets, Rows, Scalar, Signatures, Weights
from dedup.config import SketchConfig
from dedup.kernels.bucket_sort import sort_hashes
from dedup.kernels.lowering import borrow, compress_marked, prefer_wide_vectors
from dedup.sketch.columns import Ragged, Sketches
from dedup.sketch.minhash import EMPTY, load_permutations, sign_shingles
from dedup.sketch.shingles import count_shingles, shingle_tokens
from dedup.sketch.story_features import (
    BIGRAM_LANGUAGES,
    Workspace,
    make_workspace,
    read_bigrams,
    weigh_features,
)
from dedup.sketch.weighted_minhash import draw_samples
from dedup.text.normalise import encode_texts, fold_tables
from dedup.text.rarity import Rarity, look_up, rarity_of
from dedup.text.tokenise_batch import tokenise_batch


class _Columns(NamedTuple):
    """The columns of `Sketches` as kernels fill them, ragged ones as long as they might be."""

    signatures: Signatures
    shingles: Rows
    shingle_bounds: Offsets
    features: Rows
    weights: Weights
    uses: NDArray[np.uint8]
    feature_bounds: Offsets
    samples: Signatures


@njit(cache=True, nogil=True)
def _make_columns(count: int, tokens: int, permutations: int, samples: int) -> _Columns:
    return _Columns(
        signatures=np.full((count, permutations), EMPTY, dtype=np.uint32),
        shingles=np.empty(tokens + count, dtype=np.uint32),
        shingle_bounds=np.zeros(count + 1, dtype=np.int64),
        features=np.empty(2 * tokens, dtype=np.uint32),
        weights=np.empty(2 * tokens, dtype=np.float32),
        uses=np.empty(2 * tokens, dtype=np.uint8),
        feature_bounds=np.zeros(count + 1, dtype=np.int64),
        samples=np.empty((count, samples), dtype=np.uint32),
    )


@njit(cache=True, nogil=True)
def order_shingles(shingles: Array, ordered: Array, workspace: Workspace) -> Scalar:
    """Write the distinct shingles to `ordered`, ascending; returns how many."""
    prefer_wide_vectors()
    marks, own = workspace.marks, ordered[: shingles.shape[0]]
    sort_hashes(shingles, 0, own, workspace.counts)
    marks[0] = 1
    for i in range(own.shape[0] - 1):
        marks[i + 1] = own[i + 1] != own[i]
    return compress_marked(own, marks, own)


@njit(cache=True, nogil=True)
def sketch_batch(  # a kernel takes arrays, not objects
    tokens: Array, bounds: Array, permutations: tuple[Array, Array], rarity: Rarity,
    width: int, lead_words: int, samples: int,
) -> _Columns:  # fmt: skip  # what is sketched, and how
    """The sketches of token sequences laid end to end."""
    columns = _make_columns(bounds.shape[0] - 1, bounds[-1], permutations[0].shape[0], samples)
    workspace = make_workspace(_count_longest(bounds), samples)
    _sketch_rows(tokens, bounds, permutations, rarity, width, lead_words, workspace, columns)
    return columns


@njit(cache=True, nogil=True)
def _count_longest(bounds: Array) -> int:
    longest = 0
    for i in range(bounds.shape[0] - 1):
        longest = max(longest, bounds[i + 1] - bounds[i])
    return longest


@njit(cache=True, nogil=True)
def _sketch_rows(  # as above
    tokens: Array, bounds: Array, permutations: tuple[Array, Array], rarity: Rarity,
    width: int, lead_words: int, workspace: Workspace, columns: _Columns,
) -> None:  # fmt: skip  # as above, and what is written to
    tokens, permutations, rarity = borrow(tokens), borrow(permutations), borrow(rarity)
    workspace, columns = borrow(workspace), borrow(columns)
    used_shingles, used_features = 0, 0
    for i in range(bounds.shape[0] - 1):
        row = tokens[bounds[i] : bounds[i + 1]]
        own = _sign_row(row, width, permutations, workspace.shingles, columns.signatures[i])
        used_shingles += order_shingles(own, columns.shingles[used_shingles:], workspace)
        columns.shingle_bounds[i + 1] = used_shingles
        look_up(row, rarity, workspace.rarity, workspace.packed, workspace.ordered)
        free = slice(used_features, used_features + 2 * row.shape[0])
        found, heavy = columns.features[free], columns.weights[free]
        uses = columns.uses[free]
        kept = weigh_features(
            row, workspace.rarity[: len(row)], lead_words, found, heavy, uses, workspace
        )
        found, heavy, samples = found[:kept], heavy[:kept], columns.samples[i]
        draw_samples(found, heavy, samples, workspace.packed, workspace.ordered, workspace.nearest)
        used_features += kept
        columns.feature_bounds[i + 1] = used_features


@njit(cache=True, nogil=True)
def _sign_row(
    tokens: Array, width: int, permutations: tuple[Array, Array], shingles: Array, signature: Array
) -> Array:
    """Lower the signature to that of one token sequence; returns its shingles, in order."""
    own = shingles[: count_shingles(tokens.shape[0], width)]
    shingle_tokens(tokens, width, own)
    sign_shingles(own, permutations[0], permutations[1], signature)
    return own


@njit(cache=True, nogil=True)
def sign_batch(
    tokens: Array, bounds: Array, permutations: tuple[Array, Array], width: int
) -> Signatures:
    """The signatures of token sequences laid end to end."""
    count = bounds.shape[0] - 1
    signatures = np.full((count, permutations[0].shape[0]), EMPTY, dtype=np.uint32)
    shingles = np.empty(_count_longest(bounds) + 1, dtype=np.uint32)
    _sign_rows(tokens, bounds, permutations, width, shingles, signatures)
    return signatures


@njit(cache=True, nogil=True)
def _sign_rows(
    tokens: Array, bounds: Array, permutations: tuple[Array, Array], width: int,
    shingles: Array, signatures: Array,
) -> None:  # fmt: skip
    tokens, permutations = borrow(tokens), borrow(permutations)
    shingles, signatures = borrow(shingles), borrow(signatures)
    for i in range(bounds.shape[0] - 1):
        row = tokens[bounds[i] : bounds[i + 1]]
        _sign_row(row, width, permutations, shingles, signatures[i])


def sign_texts(texts: Sequence[str], config: SketchConfig) -> Signatures:
    """The near view alone of bodies, in order: uint32[n, permutations]."""
    tokens, bounds = tokenise_batch(*encode_texts(texts), *fold_tables())
    permutations = load_permutations(config.permutations)
    signatures: Signatures = sign_batch(tokens, bounds, permutations, config.shingle_words)
    return signatures


def sketch_texts(
    texts: Sequence[str], config: SketchConfig, language: str | None = "en"
) -> Sketches:
    """The sketches of bodies of one language, in order.

    `language` (ISO 639-1) chooses the rarity of words; where it is unknown to `wordfreq`, or None,
    they weigh by their length.
    """
    tokens, bounds = tokenise_batch(*encode_texts(texts), *fold_tables())
    permutations, rarity = load_permutations(config.permutations), rarity_of(language, texts)
    numbers = config.shingle_words, config.lead_words, config.story_samples
    columns = sketch_batch(tokens, bounds, permutations, rarity, *numbers)
    features = _trim(columns.features, columns.feature_bounds)
    weights, uses = columns.weights[: len(features.values)], columns.uses[: len(features.values)]
    if language in BIGRAM_LANGUAGES:
        weights, uses = read_bigrams(features.values, weights, uses, language)
    return Sketches(
        words=np.diff(bounds).astype(np.int32),
        digests=_digest_tokens(tokens, bounds),
        signatures=columns.signatures,
        shingles=_trim(columns.shingles, columns.shingle_bounds),
        features=features,
        weights=weights,
        uses=uses,
        samples=columns.samples,
    )


def order_texts(texts: Sequence[str], config: SketchConfig) -> list[Rows]:
    """The shingles of each body in the order of its words, repeats included: uint32 arrays.

    `Sketches` has the same shingles sorted; this is for the few bodies of which the order matters.
    """
    if not texts:
        return []
    tokens, bounds = tokenise_batch(*encode_texts(texts), *fold_tables())
    width = config.shingle_words
    ordered = []
    for start, end in pairwise(bounds.tolist()):
        own = np.empty(count_shingles(end - start, width), dtype=np.uint32)
        shingle_tokens(tokens[start:end], width, own)
        ordered.append(own)
    return ordered


def _digest_tokens(tokens: Hashes, bounds: Offsets) -> Hashes:
    digest, columns = xxhash.xxh3_128_digest, tokens.data
    rows = [digest(columns[start:end]) for start, end in pairwise(bounds.tolist())]
    # Written high byte first, high half first.
    return np.frombuffer(b"".join(rows), dtype=">u8").astype(np.uint64).reshape(-1, 2)


def _trim(values: NDArray[Any], bounds: Offsets) -> Ragged:
    return Ragged(values[: bounds[-1]], bounds)  # a view: batches are joined, which copies
