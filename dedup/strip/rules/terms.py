"""Terms the rule files share: pattern fragments, agencies, the words times are made of."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec

from dedup.config import config_folder, read_yaml
from dedup.errors import ConfigError

_REFERENCE = re.compile(r"%([A-Z_]+)%")
_NUMBER = re.compile(r"\d+(?:st|nd|rd|th|am|pm|h|m|d|min|hrs?)?")
VOCABULARIES = ("time_anchors", "time_words", "function_words", "page_words")


class Terms(msgspec.Struct, frozen=True):
    """`terms.yaml`: named pattern fragments, agency names as written, closed vocabularies."""

    terms: dict[str, str] = {}
    agencies: dict[str, str] = {}
    time_anchors: frozenset[str] = frozenset()
    time_words: frozenset[str] = frozenset()
    function_words: frozenset[str] = frozenset()
    page_words: frozenset[str] = frozenset()


@cache
def load_terms(path: Path | None = None) -> Terms:
    """The shared terms. Raises `ConfigError` naming file and key."""
    path = path or config_folder() / "paratext" / "terms.yaml"
    raw = read_yaml(path)
    if not isinstance(raw, dict):
        raise ConfigError(f"{path}: expected a mapping")
    lists = {name: frozenset(str(raw.get(name, "")).split()) for name in VOCABULARIES}
    lists["time_words"] |= lists["time_anchors"]
    try:
        return msgspec.convert({**raw, **lists}, Terms)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}") from None


def expand_pattern(pattern: str, terms: dict[str, str]) -> str:
    """A pattern with each `%NAME%` replaced. Raises `ValueError` for a name that is not there.

    >>> expand_pattern("by %NAME%", {"NAME": "[A-Z]+"})
    'by (?:[A-Z]+)'
    """

    def replace(match: re.Match[str]) -> str:
        if match[1] not in terms:
            raise ValueError(f"unknown term %{match[1]}%; known terms: {', '.join(sorted(terms))}")
        return f"(?:{terms[match[1]]})"

    return _REFERENCE.sub(replace, pattern)


def is_time(words: list[str], terms: Terms) -> bool:
    """Whether a line's words are nothing but a date, a time of day or "an hour ago".

    >>> is_time(["july", "16", "2018"], load_terms()), is_time(["may", "wins"], load_terms())
    (True, False)
    """
    vocabulary = terms.time_words
    anchored = False
    digits = 0
    for word in words:
        if word in vocabulary:
            anchored = anchored or word in terms.time_anchors
        elif word[0].isdigit() and _NUMBER.fullmatch(word):
            digits += 1
            anchored = anchored or not word[-1].isdigit()
        else:
            return False
    return anchored and (digits > 0 or "ago" in words) and len(words) > 1
