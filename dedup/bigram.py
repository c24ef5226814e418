"""Bigram: in Chinese and Japanese, the words of the story view are pairs of characters.

`tokenise` cuts scripts without spaces by character, and most of their words have two. So in these
languages a pair of characters is read as the word, and a character as the lesser feature; and a
pair weighs the rarity of the word it is in the language's list, else that of two characters that
meet by chance, whose frequencies multiply.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Numbers, Weights
from dedup.shingle import combine_hashes, mix_bits
from dedup.stress import A_PAIR
from dedup.tokenise import tokenise_text
from dedup.weigh import weigh_frequency

BIGRAM_LANGUAGES = frozenset({"ja", "zh"})
_HEAVIEST = np.float32((7 / 3) ** 3)  # a word no list has: zipf 0


def read_bigrams(
    features: Numbers, weights: Weights, uses: NDArray[np.uint8], language: str
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
def _list_bigrams(language: str) -> tuple[Numbers, Weights]:
    """The features of the language's words of two characters, ascending, and what they weigh."""
    from wordfreq import get_frequency_dict  # noqa: PLC0415  # slow: only for such texts

    listed = get_frequency_dict(language, wordlist="best")
    words = {word: share for word, share in listed.items() if len(word) == 2}
    tokens = tokenise_text("\n".join(words))
    word_of = tokens.starts // 3  # two characters and a line's end
    own = np.flatnonzero(np.diff(word_of) == 0)  # not words of one token, as of Latin letters
    features, first = np.unique(_hash_pairs(tokens.hashes, own), return_index=True)
    return features, weigh_frequency(np.array(list(words.values()))[word_of[own]])[first]


@njit(cache=True, nogil=True)
def _hash_pairs(tokens: Array, places: Array) -> Numbers:
    """The features of the tokens at these places, each with the next."""
    hashed = np.empty(places.shape[0], dtype=np.uint32)
    for k in range(places.shape[0]):
        pair = combine_hashes(tokens[places[k]], tokens[places[k] + 1])
        hashed[k] = np.uint32(mix_bits(pair) >> np.uint64(32))
    return hashed
