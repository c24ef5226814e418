"""Who wrote, carried and owns an article: from what the rules read on its lines to one record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from dedup.records import Attribution
from dedup.strip.rules.terms import Terms, load_terms

_BETWEEN_NAMES = re.compile(
    r"\s*(?:[,;&|•·/+]|\s[-–—]\s|\b(?:and|und|et|y|e|и)\b)\s*", re.IGNORECASE
)
_ROLE = re.compile(
    r"\b(?:staff|writers?|reporters?|correspondents?|editors?|bureau|columnist|contributor|producer"
    r"|chief|desk|team|for|senior|special|today|news|online|web|updated|published|photograph\w*)\b",
    re.IGNORECASE,
)
_BEFORE_NAME = re.compile(  # "Associated Press writers", "CNN's", "Fox News'"
    r"^(?:.{0,40}\b(?:writers?|reporters?|correspondents?|staffers?|editors?)\b\s+"
    r"|[\w .&-]{2,30}(?:['’]s|s['’])\s+|(?:and|by|with|from)\s+"
    r"|(?:add\w{4,7} )?(?:reporting|writing|editing) by\s+)",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_AFTER_NAME = re.compile(
    r"\s+(?:in|from|at) [A-Z].*$"
    r"|\s+(?:(?:the )?associated press|reuters|afp|bloomberg|cnn)\b.*$"
    rf"|\s+(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|{_MONTH} \d).*$"
    rf"|^{_MONTH}(?: \d.*)?$",
    re.IGNORECASE,
)
_IN_PLACE = re.compile(r"\s(?:in|from|at) [A-Z]")
_NEVER_NAME = re.compile(r"\d|^(?:mon|tues|wednes|thurs|fri|satur|sun)day$|^the$", re.IGNORECASE)
_TRIM = ' \t.,;:|-–—•*()[]"“”'
MAX_NAME_WORDS = 5


def build_attribution(found: Sequence[Mapping[str, str]], terms: Terms) -> Attribution:
    """One record from what the rules read, in page order; the first of each field wins."""
    if not found:
        return Attribution()
    authors, bylined = _split_agencies(_names(found, "author"), terms)
    contributors, credited = _split_agencies(_names(found, "contributors"), terms)
    agency = _first(found, "agency")
    source = _first(found, "source")
    source_url = _first(found, "source_url") or (source if source and "://" in source else None)
    republisher = _first(found, "republisher")
    return Attribution(
        author=", ".join(authors) or None,
        contributors=tuple(dict.fromkeys(contributors)),
        agency=_agency_name(agency, terms) if agency else next(iter([*bylined, *credited]), None),
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
    parts = [part.strip(_TRIM) for part in _BETWEEN_NAMES.split(written)]
    placed = [False, *(bool(_IN_PLACE.search(part)) for part in parts)]
    # "A in Turnberry, Scotland": one word after a place is the rest of the place.
    names = [p for p, after in zip(parts, placed, strict=False) if not after or " " in p]
    trimmed = (name if _is_agency(name) else _trim_name(name) for name in names)
    return [name for name in trimmed if _is_name(name)]


def _is_agency(part: str) -> bool:
    return _agency_key(part) in load_terms().agencies


def _trim_name(part: str) -> str:
    return _AFTER_NAME.sub("", _BEFORE_NAME.sub("", part)).strip(_TRIM)


def _is_name(part: str) -> bool:
    return (
        0 < len(part.split()) <= MAX_NAME_WORDS
        and not _ROLE.search(part)
        and not part[0].islower()
        and not _NEVER_NAME.search(part)
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
    values = [groups[field] for groups in found if groups.get(field)]
    return values[0] if values else None
