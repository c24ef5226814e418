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

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import xxhash
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Hashes, Numbers, Offsets, Scalar, Signatures, Weights
from dedup.config import SketchConfig
from dedup.fold import fold_tables
from dedup.shingle import combine_hashes, count_shingles, mix_bits, shingle_tokens
from dedup.stress import A_FIGURE, IN_LEAD, code_use
from dedup.tokenise import compose_text, encode_text, tokenise_bytes
from dedup.weigh import load_rarity, weigh_tokens

_FMIX1, _FMIX2 = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)
_EMPTY = np.uint32(0xFFFFFFFF)  # datasketch's value of an empty set, in every slot
NO_SAMPLE = np.uint32(0)


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


@cache
def load_permutations(permutations: int) -> tuple[Signatures, Signatures]:
    """The multipliers and increments of datasketch's `affine32` scheme, seed 1."""
    from datasketch import MinHash  # noqa: PLC0415  # brings scipy: only for texts

    factors, terms = MinHash(num_perm=permutations, seed=1, scheme="affine32").permutations
    return np.ascontiguousarray(factors), np.ascontiguousarray(terms)


# The 128-wide inner loop is one multiply, add and minimum on uint32 lanes: LLVM vectorises it.
# Each product is cast back: numba widens uint32 * uint32 to 64 bits, which is neither the scheme
# nor fast.
@njit(cache=True, nogil=True)
def sign_shingles(shingles: Array, factors: Array, terms: Array, signature: Array) -> None:
    """Lower `signature` to the MinHash of these shingle hashes (uint32, any order, repeats ok)."""
    for i in range(shingles.shape[0]):
        value = shingles[i]
        value = np.uint32((value ^ (value >> np.uint32(16))) * _FMIX1)
        value = np.uint32((value ^ (value >> np.uint32(13))) * _FMIX2)
        value = np.uint32(value ^ (value >> np.uint32(16)))
        for k in range(signature.shape[0]):
            hashed = np.uint32(np.uint32(factors[k] * value) + terms[k])
            signature[k] = min(signature[k], hashed)


@njit(cache=True, nogil=True)
def unique_sorted(values: Array) -> Array:
    """The distinct values, ascending; `values` is sorted in place."""
    values.sort()
    kept = 0
    for i in range(values.shape[0]):
        if i == 0 or values[i] != values[kept - 1]:
            values[kept] = values[i]
            kept += 1
    return values[:kept]


# A feature is the hash of a word, or of two adjacent words, and weighs the rarity of its words.
# Packed: the feature in the high half, twice its token's index below, plus one for a pair. One sort
# groups repeats, and each still knows where it stands and so what it weighs.
@njit(cache=True, nogil=True)
def list_features(tokens: Array, rarity: Array) -> Hashes:
    """The features of a token sequence that weigh anything, packed, sorted, repeats included."""
    words = tokens.shape[0]
    packed = np.empty(2 * words, dtype=np.uint64)
    found = 0
    high = np.uint64(0xFFFFFFFF00000000)
    for i in range(words):
        if rarity[i] > 0:
            packed[found] = (mix_bits(tokens[i]) & high) | np.uint64(2 * i)
            found += 1
        if i + 1 < words and rarity[i] + rarity[i + 1] > 0:
            pair = mix_bits(combine_hashes(tokens[i], tokens[i + 1]))
            packed[found] = (pair & high) | np.uint64(2 * i + 1)
            found += 1
    packed = packed[:found]
    packed.sort()
    return packed


@njit(cache=True, nogil=True)
def weigh_features(  # noqa: PLR0913, PLR0917  # a kernel takes arrays, not objects
    packed: Array, tokens: Array, rarity: Array, lead_words: int,
    features: Array, weights: Array, uses: Array,
) -> int:  # fmt: skip  # outputs on the last line
    """Write the distinct features, ascending, their weights and uses; returns how many."""
    kept, times = 0, 0
    for i in range(packed.shape[0]):
        feature = np.uint32(packed[i] >> np.uint64(32))
        if kept and features[kept - 1] == feature:
            times += 1
            uses[kept - 1] = code_use(times, uses[kept - 1])
            continue
        place = np.uint32(packed[i])  # the first one's: repeats are sorted by place
        word, is_pair = place >> 1, place & 1
        weight = rarity[word] + rarity[word + 1] if is_pair else rarity[word]
        times = 1
        kind = is_pair | (IN_LEAD * (word < lead_words))
        if not is_pair:
            kind |= A_FIGURE * np.uint32(tokens[word] & np.uint64(1))
        features[kept], weights[kept], uses[kept] = feature, weight, code_use(times, np.uint8(kind))
        kept += 1
    return kept


# One permutation hashing: each feature falls into one bin, and a bin keeps the feature whose
# exponential race time, -ln(u) / weight, is smallest. A feature weighs the same in every article of
# a language, so two articles keep the same feature in a bin with the probability of their weighted
# Jaccard there: consistent weighted sampling without its inner loop.
@njit(cache=True, nogil=True)
def sample_features(features: Array, weights: Array, samples: Array) -> None:
    """Write to each bin of `samples` (uint32, a power of two long) its sampled feature."""
    bins = samples.shape[0]
    times = np.full(bins, np.inf, dtype=np.float64)
    samples[:] = NO_SAMPLE
    for i in range(features.shape[0]):
        bits = mix_bits(np.uint64(features[i]))
        chosen = bits & np.uint64(bins - 1)
        uniform = (np.float64(bits >> np.uint64(11)) + 0.5) / 9007199254740992.0
        time = -math.log(uniform) / np.float64(weights[i])
        if time < times[chosen]:
            times[chosen], samples[chosen] = time, features[i]


@njit(cache=True, nogil=True)
def tokenise_batch(  # noqa: PLR0913, PLR0917  # a kernel takes arrays, not objects
    data: Array, offsets: Array, classes: Array, folded: Array,
    tokens: Array, ends: Array, starts: Array, stops: Array,
) -> int:  # fmt: skip
    """Tokenise texts laid end to end; `ends[i]` is where text i's tokens end in `tokens`."""
    found = 0
    for i in range(offsets.shape[0] - 1):
        text = data[offsets[i] : offsets[i + 1]]
        found += tokenise_bytes(text, classes, folded, tokens[found:], starts, stops)
        ends[i] = found
    return found


@njit(cache=True, nogil=True)
def sketch_batch(  # noqa: PLR0913, PLR0917  # a kernel takes arrays, not objects
    tokens: Array, bounds: Array, width: int, lead_words: int, factors: Array, terms: Array,
    keys: Array, slots: Array, unknown: Scalar,
    signatures: Array, shingles: Array, shingle_ends: Array,
    features: Array, weights: Array, uses: Array, feature_ends: Array, samples: Array,
) -> None:  # fmt: skip  # inputs on the first two lines, outputs on the others
    """Sketch token sequences laid end to end into the columns of `Sketches`."""
    used_shingles, used_features = 0, 0
    for i in range(bounds.shape[0] - 1):
        row = tokens[bounds[i] : bounds[i + 1]]
        ordered = shingles[used_shingles : used_shingles + count_shingles(row.shape[0], width)]
        shingle_tokens(row, width, ordered)
        sign_shingles(ordered, factors, terms, signatures[i])
        used_shingles += unique_sorted(ordered).shape[0]
        shingle_ends[i] = used_shingles
        rarity = weigh_tokens(row, keys, slots, unknown)
        packed = list_features(row, rarity)
        free = slice(used_features, used_features + packed.shape[0])
        kept = weigh_features(
            packed, row, rarity, lead_words, features[free], weights[free], uses[free]
        )
        own = slice(used_features, used_features + kept)
        sample_features(features[own], weights[own], samples[i])
        used_features += kept
        feature_ends[i] = used_features


def sketch_texts(
    texts: Sequence[str], config: SketchConfig, language: str | None = "en"
) -> Sketches:
    """The sketches of bodies of one language, in order.

    `language` (ISO 639-1) chooses the rarity of words; where it is unknown to `wordfreq`, or None,
    the story view is left empty and finds nothing.
    """
    tokens, bounds = _tokenise_texts(texts)
    count, total = len(texts), int(bounds[-1])
    signatures = np.full((count, config.permutations), _EMPTY, dtype=np.uint32)
    samples = np.empty((count, config.story_samples), dtype=np.uint32)
    shingles = np.empty(total + count, dtype=np.uint32)
    features = np.empty(2 * total, dtype=np.uint32)
    weights = np.empty(2 * total, dtype=np.float32)
    uses = np.empty(2 * total, dtype=np.uint8)
    shingle_ends, feature_ends = np.zeros((2, count), dtype=np.int64)
    keys, slots, unknown = load_rarity(language or "")
    sketch_batch(
        tokens, bounds, config.shingle_words, config.lead_words,
        *load_permutations(config.permutations), keys, slots, unknown,
        signatures, shingles, shingle_ends, features, weights, uses, feature_ends, samples,
    )  # fmt: skip
    return Sketches(
        words=np.diff(bounds).astype(np.int32),
        digests=_digest_tokens(tokens, bounds),
        signatures=signatures,
        shingles=_trim(shingles, shingle_ends),
        features=_trim(features, feature_ends),
        weights=weights[: feature_ends[-1] if count else 0].copy(),
        uses=uses[: feature_ends[-1] if count else 0].copy(),
        samples=samples,
    )


def _tokenise_texts(texts: Sequence[str]) -> tuple[Hashes, Offsets]:
    rows = [encode_text(compose_text(text)[0]) for text in texts]
    offsets = _offsets_of([len(row) for row in rows])
    data = np.concatenate([*rows, np.empty(0, np.uint8)])
    tokens = np.empty(len(data), dtype=np.uint64)
    longest = max((len(row) for row in rows), default=0)
    starts, stops = np.empty((2, longest), dtype=np.uint32)  # places: not kept
    ends = np.zeros(len(texts), dtype=np.int64)
    found = tokenise_batch(data, offsets, *fold_tables(), tokens, ends, starts, stops)
    return tokens[:found], np.concatenate([[0], ends]).astype(np.int64)


def _digest_tokens(tokens: Hashes, bounds: Offsets) -> Hashes:
    digests = np.zeros((len(bounds) - 1, 2), dtype=np.uint64)
    for i, (start, end) in enumerate(pairwise(bounds.tolist())):
        digests[i] = divmod(xxhash.xxh3_128_intdigest(tokens[start:end].tobytes()), 1 << 64)
    return digests


def _trim(values: NDArray[Any], ends: Offsets) -> Ragged:
    offsets = np.concatenate([[0], ends]).astype(np.int64)
    return Ragged(values[: offsets[-1]].copy(), offsets)
