"""The features of the story view: words and adjacent word pairs, how rare, and how they are used.

A feature is the hash of a word, or of two adjacent words, and weighs the rarity of its words. Its
*use* is one byte: how often the article has it, whether in its lead, whether it is a pair or a
figure. Chinese and Japanese have no spaces, so pairs of characters that are listed words weigh as
words.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Hashes, Rows, Scalar, Weights
from dedup.kernels.bucket_sort import sort_hashes
from dedup.kernels.lowering import compress_marked, prefer_wide_vectors
from dedup.sketch.shingles import combine_hashes, mix_bits
from dedup.text.rarity import weigh_frequency
from dedup.text.tokenise import tokenise_text

A_PAIR, IN_LEAD, A_FIGURE = 1, 2, 4
_TIMES_SHIFT, _MOST_TIMES = 3, 15


@njit(cache=True, nogil=True, inline="always")
def code_use(times: Scalar, kind: Scalar) -> Scalar:
    """The byte of a feature used so often (1 or more); `kind` gives the lower three bits."""
    often = np.uint8(min(times, _MOST_TIMES) << _TIMES_SHIFT)
    return np.uint8(often | (kind & np.uint8(A_PAIR | IN_LEAD | A_FIGURE)))


def tabulate_term_weights() -> Weights:
    """By use, float32[128]: one more than the logarithm of the times used."""
    times = np.maximum(np.arange(128) >> _TIMES_SHIFT, 1)
    term_weights: Weights = (1 + np.log(times)).astype(np.float32)
    return term_weights


class Workspace(NamedTuple):
    """Room for texts of so many tokens; of lines without a length, two a token and one more."""

    shingles: Rows  # [tokens + 1], in the text's order
    rarity: Weights  # [tokens + 1]
    packed: Hashes
    ordered: Hashes
    firsts: Hashes
    numbers: Hashes  # 0, 1, 2, …
    worth: Weights
    marks: NDArray[np.uint8]
    counts: Rows  # four times as many, and eight more: see `sort_hashes`
    nearest: Hashes  # [samples]


@njit(cache=True, nogil=True)
def make_workspace(longest: int, samples: int) -> Workspace:
    """Room for texts of at most so many tokens."""
    size = 2 * longest + 1
    return Workspace(
        shingles=np.empty(longest + 1, dtype=np.uint32),
        rarity=np.empty(longest + 1, dtype=np.float32),
        packed=np.empty(size, dtype=np.uint64),
        ordered=np.empty(size, dtype=np.uint64),
        firsts=np.empty(size, dtype=np.uint64),
        numbers=np.arange(size).astype(np.uint64),
        worth=np.empty(size, dtype=np.float32),
        marks=np.empty(size, dtype=np.uint8),
        counts=np.empty(4 * size + 8, dtype=np.uint32),
        nearest=np.empty(samples, dtype=np.uint64),
    )


_HIGH = np.uint64(0xFFFFFFFF00000000)
LOW_HALF = np.uint64(0xFFFFFFFF)


# Layout: `tokens` uint64 and `rarity` float32 are of one text. `features` uint32, `weights` float32
# and `uses` uint8 have room for two a token. Packed: the feature in the high half; below, from the
# lowest bit on, whether it is a figure, whether it is a pair, and its token's index. One sort
# groups repeats, and each still knows where it stands.
@njit(cache=True, nogil=True)
def weigh_features(  # a kernel takes arrays, not objects
    tokens: Array, rarity: Array, lead_words: int,
    features: Array, weights: Array, uses: Array, workspace: Workspace,
) -> Scalar:  # fmt: skip  # inputs on the first line, outputs and room to work in on the second
    """Write the distinct features that weigh anything, ascending, their weights and uses.

    Returns how many. Of different words with one hash, the first in the text says the rest.
    """
    found = _pack_features(tokens, rarity, workspace)
    ordered = workspace.ordered[:found]
    sort_hashes(workspace.packed[:found], 32, ordered, workspace.counts)
    kept = _find_firsts(ordered, workspace)
    heads = workspace.packed[:kept]
    _weigh_packed(heads, workspace.worth, features, weights)
    _code_packed(heads, workspace.firsts, lead_words, uses)
    return kept


@njit(cache=True, nogil=True)
def _pack_features(tokens: Array, rarity: Array, workspace: Workspace) -> Scalar:
    """Write the features that weigh anything to `packed`, with repeats, words before pairs."""
    words = tokens.shape[0]
    hashed, marks = workspace.ordered[: 2 * words], workspace.marks[: 2 * words]
    _hash_features(tokens, hashed[:words], hashed[words:])
    _weigh_pairs(rarity, workspace.worth, marks[:words], marks[words:])
    return compress_marked(hashed, marks, workspace.packed)


@njit(cache=True, nogil=True)
def _hash_features(tokens: Array, singles: Array, pairs: Array) -> None:
    """Write each word and each pair of words, packed; there is one pair less."""
    prefer_wide_vectors()
    for i in range(tokens.shape[0]):
        low = np.uint64(i) << np.uint64(2) | (tokens[i] & np.uint64(1))
        singles[i] = (mix_bits(tokens[i]) & _HIGH) | low
    for i in range(tokens.shape[0] - 1):
        hashed = mix_bits(combine_hashes(tokens[i], tokens[i + 1]))
        pairs[i] = (hashed & _HIGH) | np.uint64(i) << np.uint64(2) | np.uint64(2)


@njit(cache=True, nogil=True)
def _weigh_pairs(rarity: Array, worth: Array, singles: Array, pairs: Array) -> None:
    """Write what each word and the pair it begins weigh, in turn, and mark which weigh anything."""
    prefer_wide_vectors()
    words = rarity.shape[0]
    for i in range(words - 1):
        worth[2 * i], worth[2 * i + 1] = rarity[i], rarity[i] + rarity[i + 1]
    for i in range(words - 1):
        pairs[i] = rarity[i] + rarity[i + 1] > 0
    for i in range(words):
        singles[i] = rarity[i] > 0
    if words:
        worth[2 * words - 2], pairs[words - 1] = rarity[words - 1], 0


@njit(cache=True, nogil=True)
def _find_firsts(ordered: Array, workspace: Workspace) -> Scalar:
    """Write to `packed` the first of each feature, to `firsts` where; returns how many."""
    prefer_wide_vectors()
    marks, count = workspace.marks, ordered.shape[0]
    marks[0] = 1
    for i in range(count - 1):
        marks[i + 1] = (ordered[i + 1] ^ ordered[i]) > LOW_HALF
    kept = compress_marked(ordered, marks, workspace.packed)
    compress_marked(workspace.numbers[:count], marks, workspace.firsts)
    workspace.firsts[kept] = count  # where the last end
    return kept


@njit(cache=True, nogil=True)
def _weigh_packed(packed: Array, worth: Array, features: Array, weights: Array) -> None:
    prefer_wide_vectors()
    for k in range(packed.shape[0]):
        features[k] = np.uint32(packed[k] >> np.uint64(32))
    for k in range(packed.shape[0]):
        weights[k] = worth[(packed[k] & LOW_HALF) >> np.uint64(1)]


@njit(cache=True, nogil=True)
def _code_packed(packed: Array, firsts: Array, lead_words: int, uses: Array) -> None:
    prefer_wide_vectors()
    lead = np.uint32(lead_words)
    for k in range(packed.shape[0]):
        low = np.uint32(packed[k])
        pair, figure = low >> np.uint32(1) & np.uint32(1), low & np.uint32(1)
        in_lead = np.uint32(low >> np.uint32(2) < lead)
        kind = pair | in_lead * np.uint32(IN_LEAD) | figure * np.uint32(A_FIGURE)
        uses[k] = code_use(np.int64(firsts[k + 1] - firsts[k]), np.uint8(kind))


BIGRAM_LANGUAGES = frozenset({"ja", "zh"})
_HEAVIEST = np.float32((7 / 3) ** 3)  # a word no list has: zipf 0


def read_bigrams(
    features: Rows, weights: Weights, uses: NDArray[np.uint8], language: str
) -> tuple[Weights, NDArray[np.uint8]]:
    """Weights and uses of the features of texts in such a language, with pairs read as words."""
    listed, rarity = _list_bigrams(language)
    places = np.minimum(np.searchsorted(listed, features), max(0, len(listed) - 1))
    known = listed[places] == features
    # A pair came with the sum of its characters' weights; taken as equal, each is as rare as
    # (7 - zipf) / 3 = (sum / 2) ** (1 / 3), and the zipf of the pair is the sum of theirs less 9.
    chance = ((2 + 6 * np.cbrt(weights / 2)) / 3) ** 3
    paired = (uses & A_PAIR) > 0
    read = np.where(known, rarity[places], np.minimum(chance, _HEAVIEST))
    return np.where(paired, read, weights).astype(np.float32), uses ^ np.uint8(A_PAIR)


@cache
def _list_bigrams(language: str) -> tuple[Rows, Weights]:
    """The features of the language's words of two characters, ascending, and what they weigh."""
    from wordfreq import get_frequency_dict  # slow: only for such texts

    listed = get_frequency_dict(language, wordlist="best")
    words = {word: share for word, share in listed.items() if len(word) == 2}
    tokens = tokenise_text("\n".join(words))
    word_of = tokens.starts // 3  # two characters and a line's end
    own = np.flatnonzero(np.diff(word_of) == 0)  # not words of one token, as of Latin letters
    features, first = np.unique(_hash_pairs(tokens.hashes, own), return_index=True)
    return features, weigh_frequency(np.array(list(words.values()))[word_of[own]])[first]


@njit(cache=True, nogil=True)
def _hash_pairs(tokens: Array, places: Array) -> Rows:
    """The features of the tokens at these places, each with the next."""
    hashed = np.empty(places.shape[0], dtype=np.uint32)
    for k in range(places.shape[0]):
        pair = combine_hashes(tokens[places[k]], tokens[places[k] + 1])
        hashed[k] = np.uint32(mix_bits(pair) >> np.uint64(32))
    return hashed
