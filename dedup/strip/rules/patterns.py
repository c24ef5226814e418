"""Patterns that cannot run away: what can take exponential time is refused.

That is an open-ended repeat within another, and one over alternatives or over what varies in
length, which may part a text in exponentially many ways - unless it never gives back what it took:
a possessive repeat (`)*+`), or an atomic group in it (`(?>...)`).
"""

from __future__ import annotations

import re
from functools import cache
from re import _constants, _parser  # type: ignore[attr-defined]  # untyped
from typing import Any

MANY = 8  # repeats from which a loop counts as open-ended
SHOWN = 60  # characters of a pattern that an error shows
MAX_LOOPS = 8  # open-ended loops one after another; each adds a power to the worst case
_REPEATS = {_constants.MAX_REPEAT, _constants.MIN_REPEAT}
_FIXED = {_constants.POSSESSIVE_REPEAT, _constants.ATOMIC_GROUP}  # matched in one way only


@cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern compiled without regard to case. Raises `ValueError` saying what is wrong with it.

    >>> compile_pattern(r"(a+)+b")
    Traceback (most recent call last):
    ...
    ValueError: pattern '(a+)+b' repeats a repeat: it may take exponential time
    """
    shown = pattern if len(pattern) <= SHOWN else f"{pattern[:SHOWN]}…"
    try:
        parsed = _parser.parse(pattern, re.IGNORECASE)
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"pattern {shown!r} is not a regular expression: {error}") from None
    if _depth(parsed) > 1:
        raise ValueError(f"pattern {shown!r} repeats a repeat: it may take exponential time")
    if _parts_freely(parsed):
        raise ValueError(
            f"pattern {shown!r} repeats what can be parted in many ways: it may take exponential "
            "time; make the repeat possessive, as in (?:a|b)*+"
        )
    if _loops(parsed) > MAX_LOOPS:
        raise ValueError(f"pattern {shown!r} has more than {MAX_LOOPS} open-ended repeats")
    return compiled


def _is_loop(op: Any, argument: Any) -> bool:
    return op in _REPEATS and argument[1] > MANY


def _children(argument: Any) -> list[Any]:
    if isinstance(argument, _parser.SubPattern):
        return list(argument)
    if isinstance(argument, list | tuple):
        return [child for part in argument for child in _children(part)]
    return []


def _depth(nodes: Any) -> int:
    """How deep open-ended repeats are nested."""
    return max(
        (int(_is_loop(op, arg)) + _depth(_children(arg)) for op, arg in nodes),
        default=0,
    )


def _parts_freely(nodes: Any) -> bool:
    """Whether an open-ended repeat holds alternatives, or a repeat of any kind."""
    return any(
        op not in _FIXED
        and ((_is_loop(op, arg) and _varies(_children(arg))) or _parts_freely(_children(arg)))
        for op, arg in nodes
    )


def _varies(nodes: Any) -> bool:
    return any(
        op not in _FIXED and (op is _constants.BRANCH or op in _REPEATS or _varies(_children(arg)))
        for op, arg in nodes
    )


def _loops(nodes: Any) -> int:
    return sum(int(_is_loop(op, arg)) + _loops(_children(arg)) for op, arg in nodes)
