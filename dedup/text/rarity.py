"""Rarity: what a word weighs in the story view, from how often its language uses it.

`weight = ((7 - zipf) / 3) ** 3`, where zipf is the base-10 logarithm of a word's occurrences in a
billion (`wordfreq`; 7.7 for "the", 4.1 for "Putin", 0 where unknown). The cube beat the square and
the first power on labelled same-event news. A rarity needs no corpus, so sketches are stateless.

A language that `wordfreq` has no list of is weighed by the length of its words: the longer, the
rarer, and in much the same way in all of them.

Frequencies are summed over our own tokens ("don't" counts for `don` and `t`, a Chinese word for
each of its characters), so that the table answers for what `tokenise` makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple
from unicodedata import normalize

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Hashes, Offsets, Scalar, Weights
from dedup.text.normalise import fold_char
from dedup.text.table_cache import cached_arrays
from dedup.text.tokenise import tokenise_text

_COMMON_ZIPF = 7.0  # a word this common weighs nothing
_ZIPF_SPAN = 3.0
_WEIGHT_POWER = 3.0
_UNKNOWN_ZIPF = 0.0
# Codes that detectors and pages use, and the code `wordfreq` lists their words under.
_SAME_LISTS = {"no": "nb", "nn": "nb", "hr": "sh", "sr": "sh", "bs": "sh", "tl": "fil"}
_COMMON_SLOTS = 1 << 14
_ONE, _HALF, _LOW = np.uint64(1), np.uint64(32), np.uint64(0xFFFFFFFF)
_TABLED_WIDTHS = (2, 3, 4)  # digits; longer numbers are unknown words: rare, and told apart

# Of the words of an article that are so long, from one letter to 14 and more: the mean zipf in the
# 39 spaced languages of `wordfreq` (half of them alone give the same to .2), and .6 more, to be as
# sure of two articles alone as with a list. Nothing up to two letters: a word, or a character of a
# script without spaces. Figures in benchmarks/README.md, "The story view".
_ZIPF_BY_LENGTH = np.array(
    [7.0, 7.0, 6.5, 6.0, 5.6, 5.3, 5.0, 4.9, 4.7, 4.6, 4.5, 4.3, 4.2, 4.1], dtype=np.float64
)


class Rarity(NamedTuple):
    """The weights of one language's words: an open-addressed table, its size a power of two.

    An entry is the upper half of a token's hash and, below it, its weight as float32; an empty one
    is the weight of a token that has none. A token of hash h is looked for at `h >> 1 & (size - 1)`
    and on, until its entry or an empty one (the lowest bit tells of digits). A word that is not in
    the list is taken for one that is about once in 10**10: half of the slots are full, of 2**32.
    """

    common: Hashes  # [2**14]: before that, at `h >> 1 & (2**14 - 1)` alone; stays in the next cache
    table: Hashes  # [size]


def weigh_frequency(frequency: NDArray[np.float64]) -> Weights:
    """The weights of words of these frequencies (shares of all words).

    >>> weigh_frequency(np.array([0.05, 1e-5, 1e-8])).round(2).tolist()
    [0.0, 1.0, 8.0]
    """
    zipf = np.log10(frequency) + 9.0
    return _weigh_zipf(zipf)


def _weigh_zipf(zipf: NDArray[np.float64]) -> Weights:
    rarity = np.maximum(0.0, (_COMMON_ZIPF - zipf) / _ZIPF_SPAN)
    return np.asarray(rarity**_WEIGHT_POWER, dtype=np.float32)


@cache
def known_languages() -> frozenset[str]:
    """The ISO 639-1 codes of the languages whose rarity is known."""
    return frozenset(cached_arrays("rarities", _list_languages)[0].tolist())


def _list_languages() -> list[NDArray[np.str_]]:
    from wordfreq import available_languages  # .1 s: only for texts

    return [np.array(sorted(available_languages("best")))]


@cache
def load_rarity(language: str) -> Rarity:
    """The rarity of a language; of one that `wordfreq` does not have, nothing weighs anything."""
    listed = _SAME_LISTS.get(language, language)
    if listed not in known_languages():
        return Rarity(np.zeros(1, np.uint64), np.zeros(1, np.uint64))
    return Rarity(*cached_arrays(f"rarity-{listed}", lambda: _read_rarity(listed)))


def _read_rarity(language: str) -> Rarity:
    hashes, frequencies = _token_frequencies(language)
    unknown = float(_weigh_zipf(np.array([_UNKNOWN_ZIPF]))[0])
    return _tabulate_weights(hashes, weigh_frequency(frequencies), unknown)


def rarity_of(language: str | None, texts: Sequence[str]) -> Rarity:
    """The rarity of a language; of one that `wordfreq` does not have, by the length of words.

    Then it is for the words of these texts only; a word weighs the same in all.
    """
    if _SAME_LISTS.get(language or "", language) in known_languages():
        return load_rarity(language or "")
    text = normalize("NFC", "\n".join(texts))
    tokens = tokenise_text(text)
    hashes, first = np.unique(tokens.hashes, return_index=True)
    # As folded: of `Straße` and `STRASSE`, one word, whichever came first must not matter.
    letters = _count_letters(text)
    lengths = letters[tokens.ends[first]] - letters[tokens.starts[first]]
    zipf = _ZIPF_BY_LENGTH[np.clip(lengths, 1, len(_ZIPF_BY_LENGTH)) - 1]
    return _tabulate_weights(hashes, _weigh_zipf(zipf), 0.0)


def _count_letters(text: str) -> Offsets:
    """How many folded letters are before each character of a text, and in all."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    present = np.flatnonzero(np.bincount(codes))
    of_code = np.zeros(present.max(initial=0) + 1, dtype=np.int64)
    of_code[present] = [len(fold_char(chr(code))) for code in present.tolist()]
    return np.concatenate([[0], np.cumsum(of_code[codes])])


def _token_frequencies(language: str) -> tuple[Hashes, NDArray[np.float64]]:
    """Token hashes of the language's words and small numbers, without repeats, and frequencies."""
    from wordfreq import get_frequency_dict  # as above
    from wordfreq.numbers import digit_freq, smash_numbers  # as above

    listed = get_frequency_dict(language, wordlist="best")
    # The list writes numbers of several digits by their shape ("0000" for any year): `digit_freq`
    # is what tells 2018 from 7391.
    numbers = [f"{n:0{width}}" for width in _TABLED_WIDTHS for n in range(10**width)]
    of_number = {n: listed.get(smash_numbers(n), 0.0) * digit_freq(n) for n in numbers}
    frequency = {**listed, **{n: f for n, f in of_number.items() if f}}
    words, shares = list(frequency), list(frequency.values())
    tokens = tokenise_text("\n".join(words))
    ends = np.cumsum([len(word) + 1 for word in words])
    word_of = np.searchsorted(ends, tokens.starts, side="right")
    hashes, place = np.unique(tokens.hashes, return_inverse=True)
    frequencies = np.zeros(len(hashes))
    np.add.at(frequencies, place, np.array(shares)[word_of])
    return hashes, frequencies


def _tabulate_weights(hashes: Hashes, weights: Weights, unknown: float) -> Rarity:
    # Common words first: they have the slots they are looked for at.
    order = np.argsort(weights, kind="stable")
    hashes = hashes[order]
    entries = hashes >> _HALF << _HALF | weights[order].view(np.uint32)
    none = np.float32(unknown).view(np.uint32)
    size = 1 << int(np.ceil(np.log2(2 * len(hashes) + 1)))  # short probes
    common, table = np.full(_COMMON_SLOTS, none, np.uint64), np.full(size, none, np.uint64)
    _fill_slots(entries, hashes, table)
    slots = (hashes[:_COMMON_SLOTS] >> _ONE) % _COMMON_SLOTS
    slots, first = np.unique(slots, return_index=True)
    common[slots] = entries[first]
    return Rarity(common, table)


@njit(cache=True, nogil=True)
def _fill_slots(entries: Array, hashes: Array, table: Array) -> None:
    mask = np.uint64(table.shape[0] - 1)
    for i in range(hashes.shape[0]):
        slot = hashes[i] >> _ONE & mask
        while table[slot] > _LOW:
            slot = (slot + _ONE) & mask
        table[slot] = entries[i]


@njit(cache=True, nogil=True)
def weigh_tokens(tokens: Array, rarity: Rarity) -> Weights:
    """The weights of a sequence of token hashes, float32."""
    weights = np.empty(tokens.shape[0], dtype=np.float32)
    room = np.empty((2, tokens.shape[0] + 1), dtype=np.uint64)
    look_up(tokens, rarity, weights, room[0], room[1])
    return weights


# Six words of seven are among the common, whose table stays in the cache: all are looked up there
# first. The others wait for memory: so they wait together, none behind a branch that the one before
# it decides.
@njit(cache=True, nogil=True)
def look_up(
    tokens: Array, rarity: Rarity, weights: Array, elsewhere: Array, entries: Array
) -> None:
    """Write the weights of token hashes; the last two are room, uint64, for one more than these."""
    common, table = rarity.common, rarity.table
    near, far = np.uint64(common.shape[0] - 1), np.uint64(table.shape[0] - 1)
    left: Scalar = 0
    for i in range(tokens.shape[0]):  # written even where it is found: cheaper than a branch
        entry = common[tokens[i] >> _ONE & near]
        weights[i] = np.uint32(entry).view(np.float32)
        elsewhere[left] = np.uint64(i)
        left += np.int64((entry ^ tokens[i]) > _LOW)
    for k in range(left):
        entries[k] = table[tokens[elsewhere[k]] >> _ONE & far]
    for k in range(left):
        token, entry = tokens[elsewhere[k]], entries[k]
        slot = token >> _ONE
        while entry > _LOW and (entry ^ token) > _LOW:
            slot += _ONE
            entry = table[slot & far]
        weights[elsewhere[k]] = np.uint32(entry).view(np.float32)
