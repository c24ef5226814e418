"""Bodies to sketches: what of an article is kept to find and verify its duplicates.

One row an article, in columns (`Sketches`):

- near view: `signatures`, the MinHash of the 5-word shingles, bit for bit what
  `datasketch.MinHash(scheme="affine32")` makes of the same shingle hashes;
- passage view: `shingles`, all of them, sorted and without repeats. A fixed share of a set chosen
  by value (FracMinHash; Irber et al. 2022) is its beginning, so the sample costs nothing;
- story view: `features`, the hashes of words and adjacent word pairs, each with its rarity as
  `weights` and how the article uses it as `uses` (see `stress`), and `samples`, their weighted
  MinHash.

Anyone can recompute a signature with `xxhash` and `datasketch` alone; `tests/test_sketch.py` does:

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
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import xxhash
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Hashes, Numbers, Offsets, Scalar, Signatures, Weights
from dedup.bigram import BIGRAM_LANGUAGES, read_bigrams
from dedup.config import SketchConfig
from dedup.encode import encode_texts
from dedup.fold import fold_tables
from dedup.sample import sample_features, weigh_features
from dedup.scan import tokenise_batch
from dedup.shingle import count_shingles, shingle_tokens
from dedup.sign import EMPTY, load_permutations, sign_shingles
from dedup.sort import sort_hashes
from dedup.weigh import rarity_of, weigh_tokens


@dataclass(frozen=True, slots=True)
class Ragged:
    """Rows of different lengths in one array: row i is `values[offsets[i]:offsets[i + 1]]`."""

    values: NDArray[Any]
    offsets: Offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> NDArray[Any]:
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    @property
    def lengths(self) -> Offsets:
        return np.diff(self.offsets)

    def count(self, rows: Numbers) -> Offsets:
        """The lengths of these rows: for a few rows of many."""
        return self.offsets[rows + 1] - self.offsets[rows]


@dataclass(frozen=True, slots=True)
class Sketches:
    """The sketches of n articles, by column."""

    words: NDArray[np.int32]  # [n] tokens of the body
    digests: Hashes  # [n, 2] xxh3_128 of the token hashes, high half first
    signatures: Signatures  # [n, permutations]
    shingles: Ragged  # uint32, each row sorted and without repeats
    features: Ragged  # uint32, each row sorted and without repeats
    weights: Weights  # of `features.values`
    uses: NDArray[np.uint8]  # of `features.values`: see `stress.code_use`
    samples: Signatures  # [n, samples]; NO_SAMPLE where no feature fell

    def __len__(self) -> int:
        return len(self.words)


def join_sketches(parts: Sequence[Sketches]) -> Sketches:
    """Several sketches as one, in order."""
    return Sketches(
        words=np.concatenate([p.words for p in parts]),
        digests=np.concatenate([p.digests for p in parts]),
        signatures=np.concatenate([p.signatures for p in parts]),
        shingles=_join_ragged([p.shingles for p in parts]),
        features=_join_ragged([p.features for p in parts]),
        weights=np.concatenate([p.weights for p in parts]),
        uses=np.concatenate([p.uses for p in parts]),
        samples=np.concatenate([p.samples for p in parts]),
    )


def _join_ragged(parts: Sequence[Ragged]) -> Ragged:
    lengths = np.concatenate([p.lengths for p in parts])
    values = np.concatenate([p.values for p in parts])
    return Ragged(values, _offsets_of(lengths))


def _offsets_of(lengths: Sequence[int] | Offsets) -> Offsets:
    return np.concatenate([[0], np.cumsum(np.asarray(lengths, dtype=np.int64))])


@njit(cache=True, nogil=True)
def order_shingles(shingles: Array, ordered: Array, counts: Array) -> Scalar:
    """Write the distinct shingles to `ordered`, ascending; returns how many."""
    sort_hashes(shingles, 0, ordered, counts)
    kept: Scalar = 0
    for i in range(shingles.shape[0]):
        value = ordered[i]
        is_new = i == 0 or value != ordered[kept - 1]
        ordered[kept] = value
        kept += np.int64(is_new)
    return kept


@njit(cache=True, nogil=True)
def sketch_batch(  # noqa: PLR0913, PLR0917  # a kernel takes arrays, not objects
    tokens: Array, bounds: Array, width: int, lead_words: int, factors: Array, terms: Array,
    common: Array, table: Array, scale: Array,
    signatures: Array, shingles: Array, shingle_ends: Array,
    features: Array, weights: Array, uses: Array, feature_ends: Array, samples: Array,
) -> None:  # fmt: skip  # inputs on the first two lines, outputs on the others
    """Sketch token sequences laid end to end into the columns of `Sketches`."""
    longest = count_longest(bounds)
    room = np.empty((3, 2 * longest + 1), dtype=np.uint64)
    written = np.empty(longest + 1, dtype=np.uint32)
    counts = np.empty(8 * longest + 8, dtype=np.uint32)
    # Of all at once: those that wait for memory wait together.
    rarity = weigh_tokens(tokens, common, table, scale)
    used_shingles, used_features = 0, 0
    for i in range(bounds.shape[0] - 1):
        row = tokens[bounds[i] : bounds[i + 1]]
        own = written[: count_shingles(row.shape[0], width)]
        shingle_tokens(row, width, own)
        sign_shingles(own, factors, terms, signatures[i])
        used_shingles += order_shingles(own, shingles[used_shingles:], counts)
        shingle_ends[i] = used_shingles
        free = slice(used_features, used_features + 2 * row.shape[0])
        found, heavy = features[free], weights[free]
        own_rarity = rarity[bounds[i] : bounds[i + 1]]
        kept = weigh_features(row, own_rarity, lead_words, found, heavy, uses[free], room, counts)
        sample_features(found[:kept], heavy[:kept], samples[i])
        used_features += kept
        feature_ends[i] = used_features


@njit(cache=True, nogil=True)
def count_longest(bounds: Array) -> int:
    """The length of the longest of rows laid end to end."""
    longest = 0
    for i in range(bounds.shape[0] - 1):
        longest = max(longest, bounds[i + 1] - bounds[i])
    return longest


@njit(cache=True, nogil=True)
def sign_batch(
    tokens: Array, bounds: Array, width: int, factors: Array, terms: Array, signatures: Array
) -> None:
    """Lower each of `signatures` to that of its token sequence, laid end to end."""
    written = np.empty(count_longest(bounds), dtype=np.uint32)
    for i in range(bounds.shape[0] - 1):
        row = tokens[bounds[i] : bounds[i + 1]]
        own = written[: count_shingles(row.shape[0], width)]
        shingle_tokens(row, width, own)
        sign_shingles(own, factors, terms, signatures[i])


def sign_texts(texts: Sequence[str], config: SketchConfig) -> Signatures:
    """The near view alone of bodies, in order: uint32[n, permutations]."""
    tokens, bounds = _tokenise_texts(texts)
    signatures = np.full((len(texts), config.permutations), EMPTY, dtype=np.uint32)
    permutations = load_permutations(config.permutations)
    sign_batch(tokens, bounds, config.shingle_words, *permutations, signatures)
    return signatures


def sketch_texts(
    texts: Sequence[str], config: SketchConfig, language: str | None = "en"
) -> Sketches:
    """The sketches of bodies of one language, in order.

    `language` (ISO 639-1) chooses the rarity of words; where it is unknown to `wordfreq`, or None,
    they weigh by their length.
    """
    tokens, bounds = _tokenise_texts(texts)
    count, total = len(texts), int(bounds[-1])
    signatures = np.full((count, config.permutations), EMPTY, dtype=np.uint32)
    samples = np.empty((count, config.story_samples), dtype=np.uint32)
    shingles = np.empty(total + count, dtype=np.uint32)
    features = np.empty(2 * total, dtype=np.uint32)
    weights = np.empty(2 * total, dtype=np.float32)
    uses = np.empty(2 * total, dtype=np.uint8)
    shingle_ends, feature_ends = np.zeros((2, count), dtype=np.int64)
    sketch_batch(
        tokens, bounds, config.shingle_words, config.lead_words,
        *load_permutations(config.permutations), *rarity_of(language, texts),
        signatures, shingles, shingle_ends, features, weights, uses, feature_ends, samples,
    )  # fmt: skip
    kept = feature_ends[-1] if count else 0
    weights, uses = weights[:kept], uses[:kept]
    if language in BIGRAM_LANGUAGES:
        weights, uses = read_bigrams(features[:kept], weights, uses, language)
    return Sketches(
        words=np.diff(bounds).astype(np.int32),
        digests=_digest_tokens(tokens, bounds),
        signatures=signatures,
        shingles=_trim(shingles, shingle_ends),
        features=_trim(features, feature_ends),
        weights=weights,
        uses=uses,
        samples=samples,
    )


def _tokenise_texts(texts: Sequence[str]) -> tuple[Hashes, Offsets]:
    data, starts, sizes = encode_texts(texts)
    tokens = np.empty(len(data), dtype=np.uint64)
    ends = np.zeros(len(texts), dtype=np.int64)
    found = tokenise_batch(data, starts, sizes, *fold_tables(), tokens, ends)
    return tokens[:found], np.concatenate([[0], ends]).astype(np.int64)


def _digest_tokens(tokens: Hashes, bounds: Offsets) -> Hashes:
    digest, columns = xxhash.xxh3_128_digest, tokens.data
    rows = [digest(columns[start:end]) for start, end in pairwise(bounds.tolist())]
    # Written high byte first, high half first.
    return np.frombuffer(b"".join(rows), dtype=">u8").astype(np.uint64).reshape(-1, 2)


def _trim(values: NDArray[Any], ends: Offsets) -> Ragged:
    offsets = np.concatenate([[0], ends]).astype(np.int64)
    return Ragged(values[: offsets[-1]], offsets)  # a view: batches are joined, which copies
