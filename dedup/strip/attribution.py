"""Who wrote, carried and owns an article: from what the rules read on its lines to one record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from dedup.records import Attribution
from dedup.strip.terms import Terms

_BETWEEN_NAMES = re.compile(
    r"\s*(?:[,;&|•·/+]|\s[-–—]\s|\b(?:and|und|et|y|e|и)\b)\s*", re.IGNORECASE
)
_ROLE = re.compile(
    r"\b(?:staff|writers?|reporters?|correspondents?|editors?|bureau|columnist|contributor|producer"
    r"|chief|desk|team|for|senior|special|today|news|online|web|updated|published|photograph\w*)\b",
    re.IGNORECASE,
)
_AFTER_NAME = re.compile(
    r"\s+(?:(?:the )?associated press|reuters|afp|bloomberg|cnn"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?(?= \d|$))\b.*$"
    r"|^(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?(?: \d.*)?$",
    re.IGNORECASE,
)
_TRIM = ' \t.,;:|-–—•*()[]"“”'
MAX_NAME_WORDS = 5


def build_attribution(found: Sequence[Mapping[str, str]], terms: Terms) -> Attribution:
    """One record from what the rules read, in page order; the first of each field wins."""
    authors, bylined = _split_agencies(_names(found, "author"), terms)
    contributors, _ = _split_agencies(_names(found, "contributors"), terms)
    agency = _first(found, "agency")
    source = _first(found, "source")
    source_url = _first(found, "source_url") or (source if source and "://" in source else None)
    republisher = _first(found, "republisher")
    return Attribution(
        author=", ".join(authors) or None,
        contributors=tuple(dict.fromkeys(contributors)),
        agency=_agency_name(agency, terms) if agency else next(iter(bylined), None),
        source=outlet_name(source or source_url or "") or None,
        source_url=source_url,
        republisher=outlet_name(republisher) if republisher else None,
        rights=_first(found, "rights"),
    )


def outlet_name(written: str) -> str:
    """An outlet as stored: the host of an address, else the name as written.

    >>> outlet_name("https://www.Example.com/news"), outlet_name("The Sun.")
    ('example.com', 'The Sun')
    """
    name = written.strip(_TRIM)
    host = urlsplit(name).netloc if "://" in name else name
    if re.fullmatch(r"(?:[\w-]+\.)+[a-zA-Z]{2,}(?:/\S*)?", host):
        return host.split("/")[0].casefold().removeprefix("www.")
    return name


def split_names(written: str) -> list[str]:
    """The people in a by-line, without their jobs.

    >>> split_names("JILL COLVIN and Zeke Miller, Staff Writer | Associated Press")
    ['JILL COLVIN', 'Zeke Miller', 'Associated Press']
    """
    parts = (_AFTER_NAME.sub("", part).strip(_TRIM) for part in _BETWEEN_NAMES.split(written))
    return [p for p in parts if _is_name(p)]


def _is_name(part: str) -> bool:
    return (
        0 < len(part.split()) <= MAX_NAME_WORDS
        and not _ROLE.search(part)
        and not any(character.isdigit() for character in part)
    )


def _names(found: Sequence[Mapping[str, str]], field: str) -> list[str]:
    values = [groups[field] for groups in found if field in groups]
    if field == "author":
        values = values[:1]
    return [name for value in values for name in split_names(value)]


def _split_agencies(names: Iterable[str], terms: Terms) -> tuple[list[str], list[str]]:
    people, agencies = [], []
    for name in names:
        known = terms.agencies.get(_agency_key(name))
        if known:
            agencies.append(known)
        else:
            people.append(name)
    return people, agencies


def _agency_name(written: str, terms: Terms) -> str:
    return terms.agencies.get(_agency_key(written), written.strip(_TRIM))


def _agency_key(written: str) -> str:
    return written.strip(_TRIM).casefold().removeprefix("the ")


def _first(found: Sequence[Mapping[str, str]], field: str) -> str | None:
    return next((groups[field] for groups in found if groups.get(field)), None)
