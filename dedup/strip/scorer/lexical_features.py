"""Wording: words and pairs of words that chrome uses on more sites than articles do, or fewer.

Long lines of chrome - biographies, appeals, promotions - have the shape of prose and give
themselves away by their words alone. The scorer carries a few hundred such words with their log
odds, counted over the sites of its training sets, so that no single site teaches it its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from dedup.strip.lines import Line

_LETTERS = re.compile(r"[^\W\d_]+")
STRONG = 1.0  # log odds from which a word speaks for chrome by itself
STRONGEST = 4  # words of a line whose odds are summed
WORDING = ("odds", "strongest", "highest", "lowest", "strong_words", "known_words")


def word_forms(text: str) -> set[str]:
    """A line's words and pairs of neighbouring words, in lower case, each once.

    >>> sorted(word_forms("Sign up, sign in"))
    ['in', 'sign', 'sign in', 'sign up', 'up', 'up sign']
    """
    words = [word.casefold() for word in _LETTERS.findall(text)]
    return {*words, *(f"{left} {right}" for left, right in pairwise(words))}


def wording_features(lines: Sequence[Line], odds: Mapping[str, float]) -> npt.NDArray[np.float32]:
    """What each line's words say of it. Shape (lines, len(WORDING)), float32."""
    rows = [_weigh_words(word_forms(line.text), odds) for line in lines]
    return np.array(rows, dtype=np.float32).reshape(len(lines), len(WORDING))


def _weigh_words(forms: set[str], odds: Mapping[str, float]) -> tuple[float, ...]:
    known = sorted((odds[form] for form in forms if form in odds), reverse=True)
    if not known:
        return (0.0,) * len(WORDING)
    return (
        sum(known) / len(known),
        sum(known[:STRONGEST]) / STRONGEST,
        known[0],
        known[-1],
        float(sum(value > STRONG for value in known)),
        len(known) / len(forms),
    )
