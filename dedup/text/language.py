"""Detect the language of a body whose page does not say it.

The model is py3langid's: an automaton marks telling runs of bytes, and naive Bayes sums what each
says for every language. Its own walk is a loop in Python, half a millisecond a page; ours is the
same sum in a kernel.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dedup.arrays import Array, Bytes
from dedup.text.table_cache import cached_arrays

_READ_CHARACTERS = 600  # enough for py3langid to agree with itself on whole news articles
_MIN_LETTERS = 20  # of fewer, a guess is worse than none: `Reuters` is not Latin
_CODE = re.compile("[a-z]{2}")

# The languages of newspapers. The model knows 140, and among so many takes market reports for
# Nigerian Pidgin (819 of 30,802 English articles) and tables for no language at all (227).
_NEWSPAPER_LANGUAGES = """
    af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it
    ja ka kk km kn ko ky lo lt lv mk ml mn mr ms my ne nl no pa pl ps pt ro ru si sk sl so sq sr sv
    sw ta te th tl tr uk ur uz vi zh
"""


class Model(NamedTuple):
    """py3langid's model, for the languages of newspapers."""

    languages: list[str]  # a script may have a column of its own: a code may come twice
    moves: NDArray[np.int32]  # [rows * 256] state after a byte, by row of the state before
    rows: NDArray[np.int32]  # [states] where a state's row begins in `moves`
    features: NDArray[np.int32]  # [states] the feature that a state marks, or -1
    weights: NDArray[np.float32]  # [features, languages] log probability
    priors: NDArray[np.float32]  # [languages]


def choose_language(declared: str | None, text: str) -> str | None:
    """The ISO 639-1 code of a body: as declared ("en-US" is `en`), else detected, else None.

    >>> choose_language("pt_BR", ""), choose_language(None, "Reuters")
    ('pt', None)
    >>> choose_language(None, "Der Kanzler sprach am Montag in Berlin mit der Presse.")
    'de'
    """
    code = (declared or "").strip().replace("_", "-").split("-")[0].lower()
    if _CODE.fullmatch(code):  # not "English", "eng" or "und": rarity is listed by these codes
        return code
    sample = text[:_READ_CHARACTERS]
    letters = filter(str.isalpha, sample)
    if next(islice(letters, _MIN_LETTERS - 1, None), None) is None:
        return None
    return _classify(sample)


def _classify(sample: str) -> str:
    """The likeliest language, as py3langid's `classify` has it."""
    model = _load_model()
    lowered = sample.lower() if sample.isupper() else sample
    data = unicodedata.normalize("NFC", lowered).encode("utf-8", "surrogatepass")
    scores = _score_languages(np.frombuffer(data, dtype=np.uint8), *model[1:])
    return model.languages[int(scores.argmax())]


@njit(cache=True, nogil=True)
def _score_languages(
    data: Bytes, moves: Array, rows: Array, features: Array, weights: Array, priors: Array
) -> NDArray[np.float32]:
    """Naive Bayes: log(1 + count) of each feature times its weight for each language."""
    seen = np.empty(data.shape[0], dtype=np.int32)
    found = 0
    state = np.int32(0)
    for byte in data:
        state = moves[rows[state] + byte]
        if features[state] >= 0:
            seen[found] = features[state]
            found += 1
    scores = np.zeros(priors.shape[0], dtype=np.float32)
    seen = seen[:found]
    seen.sort()
    place = 0
    while place < found:
        feature, count = seen[place], 0
        while place < found and seen[place] == feature:
            count += 1
            place += 1
        worth = np.float32(np.log1p(count))
        for language in range(scores.shape[0]):
            scores[language] += worth * weights[feature, language]
    if found == 0:
        return scores
    return scores + priors


@cache
def _load_model() -> Model:
    codes, *arrays = cached_arrays("languages", _read_model)
    return Model(codes.tolist(), *arrays)


def _read_model() -> list[NDArray[Any]]:
    """The columns of `Model`, in order, from py3langid's file."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # .3 s: its model

    read = LanguageIdentifier.from_model_file(MODEL_FILE)
    read.set_languages(_NEWSPAPER_LANGUAGES.split())
    return [
        np.array(list(read.nb_classes)),
        np.array(read.tk_nextmove, dtype=np.int32),
        np.array(read.tk_row, dtype=np.int32) << 8,
        np.array(read.tk_output, dtype=np.int32),
        np.ascontiguousarray(read.nb_ptc, dtype=np.float32),
        np.asarray(read.nb_pc, dtype=np.float32),
    ]
