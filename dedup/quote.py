"""Quote: what a text says in quotation marks, and in figures."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Places

# Within a paragraph, and no longer than a paragraph: a mark left open quotes nothing.
_QUOTED = re.compile(
    r"“[^“”\n]{3,600}”|\"[^\"\n]{3,600}\"|«[^«»\n]{3,600}»|„[^„“”\n]{3,600}[“”]"
    r"|»[^«»\n]{3,600}«|「[^「」\n]{2,600}」|『[^『』\n]{2,600}』"
)
_FIGURE = re.compile(r"\d(?:[.,]?\d)*")  # begun with one digit: `re` then looks for that fast
_GROUPED = re.compile(r"(?<=\d)[.,](?=\d{3}(?!\d))")  # 15,000 and 15.000 are 15000; 1.5 is not 15


def mark_quotes(text: str, starts: Places) -> NDArray[np.bool_]:
    """Which of the words that start at these characters stand in quotation marks."""
    spans = [match.span() for match in _QUOTED.finditer(text)]
    opened = np.array([start for start, _ in spans], dtype=np.int64)
    closed = np.array([end for _, end in spans], dtype=np.int64)
    if not spans:
        return np.zeros(len(starts), dtype=np.bool_)
    last = np.searchsorted(opened, starts, side="right") - 1
    quoted: NDArray[np.bool_] = (last >= 0) & (starts < closed[np.maximum(last, 0)])
    return quoted


def list_figures(text: str) -> dict[str, str]:
    """The figures of a text, without what groups their digits, and as first written.

    A digit alone is left out: everything has a 1.

    >>> list_figures("15,000 men for 2.5 years, 3 dead")
    {'15000': '15,000', '2.5': '2.5'}
    """
    found: dict[str, str] = {}
    for figure in _FIGURE.findall(text):
        plain = figure if figure.isdecimal() else _GROUPED.sub("", figure)
        if len(plain) > 1:
            found.setdefault(plain, figure)
    return found
