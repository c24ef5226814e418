"""What a page says of itself in its head: title, description, address, authors, date, language.

JSON-LD comes first, then `<meta>`, then `<title>`. Nothing is guessed: a page that does not say
when it was published has no date.
"""

from __future__ import annotations

import html as entities
import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from dedup.strip.headlines import SITE_MARKS

_ARTICLE_TYPE = re.compile(r"Article|Posting|Report|Review|Recipe|Column", re.IGNORECASE)
_TITLES = ("og:title", "twitter:title", "dc.title", "parsely-title", "sailthru.title")
_DESCRIPTIONS = ("og:description", "description", "twitter:description")
_DATES = (
    "article:published_time", "datepublished", "parsely-pub-date", "sailthru.date", "pubdate",
    "publishdate", "publish-date", "publish_date", "publication_date", "dc.date.issued",
    "dcterms.created", "dc.date", "dcterms.date", "date", "cxenseparse:recs:publishtime",
    "og:published_time", "article:published", "ptime", "displaydate", "originalpublicationdate",
)  # fmt: skip
_AUTHORS = (
    "author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "byl",
    "dcterms.creator", "article:author_name", "cxenseparse:author",
)  # fmt: skip
# Words of a by-line that names no person.
_NO_PERSON = re.compile(
    r"https?:|www\.|@|\d|\b(?:staff|newsroom|desk|team|editors?|editorial|admin|agency|agencies"
    r"|redaktion|redaktie|redacción|redaccion|rédaction|redaction|redazione|redação|redakcja"
    r"|news|press|times|post|magazine|online|media|tv|radio|correspondent|reporter|contributor"
    r"|zeitung|journal|presse|wire|service)\b",
    re.IGNORECASE,
)
_SPACED = re.compile("[A-Za-zÀ-ɏͰ-ϿЀ-ӿ]")
MAX_AUTHORS_CHARS = 100  # of a by-line; a longer one is a sentence
EPOCH_YEAR = 1970  # a date of its first of January is a zero
_DAY = re.compile(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_COMPACT_DAY = re.compile(r"^(\d{4})(\d\d)(\d\d)(?:\d{4,6})?$")
_YEAR = re.compile(r"^\d{4}$")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"({'|'.join(_MONTHS)})[a-z]{{0,6}}"
_DAY_FIRST = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH}\.?,?\s+(\d{{4}})\b", re.IGNORECASE
)
_MONTH_FIRST = re.compile(
    rf"\b{_MONTH}\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b", re.IGNORECASE
)
_LETTERS = re.compile(r"[\W_]+")


class Metadata(NamedTuple):
    """What a page's head says. `title` is without the site's name; `authors` are people."""

    title: str | None = None
    description: str | None = None
    url: str | None = None
    site: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None  # ISO 8601: a day, or a year where the page says no more


def read_metadata(tree: Any) -> Metadata:
    """The metadata of a parsed page."""
    meta = _read_meta(tree)
    linked = next(_read_json_ld(tree), {})
    site = _text_of(meta.get("og:site_name")) or _name_of(linked.get("publisher"))
    title = _first([linked.get("headline"), *(meta.get(name) for name in _TITLES)])
    title = title or _text_of(tree.findtext(".//title"))
    return Metadata(
        title=without_site(title, site) if title else None,
        description=_first(
            [*(meta.get(name) for name in _DESCRIPTIONS), linked.get("description")]
        ),
        url=_read_address(tree, meta),
        site=site,
        authors=_people(linked.get("author"), meta, site),
        published=_first_date([linked.get("datePublished"), *(meta.get(name) for name in _DATES)]),
    )


def _read_meta(tree: Any) -> dict[str, str]:
    """The `<meta>` elements by name in lower case; the first of each name counts."""
    found: dict[str, str] = {}
    for element in tree.iter("meta"):
        attributes = element.attrib
        name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
        content = attributes.get("content", "").strip()
        if name and content:
            found.setdefault(name.strip().lower(), content)
    return found


def _read_json_ld(tree: Any) -> Iterator[dict[str, Any]]:
    """The articles that a page's JSON-LD describes."""
    for script in tree.iter("script"):
        if "ld+json" not in script.get("type", "") or not script.text:
            continue
        try:
            stored = json.loads(script.text.strip().strip(";"), strict=False)
        except (ValueError, RecursionError):
            continue
        for thing in _flatten(stored):
            if _ARTICLE_TYPE.search(str(thing.get("@type", ""))):
                yield thing


def _flatten(stored: Any) -> Iterator[dict[str, Any]]:
    for thing in stored if isinstance(stored, list) else [stored]:
        if isinstance(thing, dict):
            yield thing
            inner = thing.get("@graph")
            if isinstance(inner, list):
                yield from (one for one in inner if isinstance(one, dict))


def _text_of(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return " ".join(entities.unescape(value).split()) or None


def _first(values: Sequence[Any]) -> str | None:
    return next((text for text in map(_text_of, values) if text), None)


def _name_of(value: Any) -> str | None:
    return _text_of(value.get("name")) if isinstance(value, dict) else _text_of(value)


def _read_address(tree: Any, meta: dict[str, str]) -> str | None:
    """The page's own address: its canonical link, else `og:url`; a site's front page is none."""
    links = [e.get("href") for e in tree.iter("link") if e.get("rel", "").lower() == "canonical"]
    for address in (*links, meta.get("og:url")):
        if address and re.match(r"https?://[^/\s]+/[^\s]", address.strip()):
            return str(address.strip())
    return None


def without_site(title: str, site: str | None) -> str:
    """A title without the name of its site.

    >>> without_site("Bridge to be rebuilt | The Valley Post", "Valley Post")
    'Bridge to be rebuilt'
    """
    own = _letters(site or "")
    for mark in SITE_MARKS:
        left, found, right = title.rpartition(mark)
        if found and own and _is_name_of(_letters(right), own):
            return without_site(left.strip(), site)
        left, found, right = title.partition(mark)
        if found and own and _is_name_of(_letters(left), own):
            return without_site(right.strip(), site)
    return title


def _is_name_of(part: str, site: str) -> bool:
    return bool(part) and (part in site or site in part)


def _letters(text: str) -> str:
    return _LETTERS.sub("", text.casefold())


def _people(linked: Any, meta: dict[str, str], site: str | None) -> tuple[str, ...]:
    """The people among the authors that a page names: JSON-LD's, else the metadata's."""
    listed = linked if isinstance(linked, list) else [linked]
    persons = [one for one in listed if not _is_organisation(one)]
    names = [name for name in map(_name_of, persons) if name]
    if not any(is_person(name, site) for name in names):
        names = [_given_first(name, meta[name]) for name in _AUTHORS if name in meta]
    people = [name for name in dict.fromkeys(map(_text_of, names)) if name]
    return tuple(name for name in people if is_person(name, site))


def _given_first(key: str, written: str) -> str:
    """A name of Dublin Core, which puts the surname first, the other way round."""
    surname, comma, given = written.partition(",")
    if comma and key.startswith("dc") and "," not in given:
        return f"{given.strip()} {surname.strip()}"
    return written


def _is_organisation(thing: Any) -> bool:
    return isinstance(thing, dict) and "Organization" in str(thing.get("@type", ""))


def is_person(name: str, site: str | None = None) -> bool:
    """Whether a name in a by-line is a person's, or several people's: no outlet, role or agency.

    A single word in an alphabet of the West is a section or an outlet more often than a person.

    >>> is_person("Ann Lee"), is_person("Post Staff"), is_person("Valley Post", "The Valley Post")
    (True, False, False)
    >>> is_person("Sport"), is_person("王小明")
    (False, True)
    """
    letters = _letters(name)
    if not letters or _NO_PERSON.search(name):
        return False
    if len(name.split()) < 2 and _SPACED.search(name):
        return False
    return not (site and _is_name_of(letters, _letters(site))) and len(name) <= MAX_AUTHORS_CHARS


def _first_date(values: Sequence[Any]) -> str | None:
    return next((day for day in map(read_day, values) if day), None)


def read_day(written: Any) -> str | None:
    """A date as ISO 8601: its day, its year where it says no more; None for what is no date.

    Zeros (the first day of 1970 or of year 1) are no dates.

    >>> read_day("2024-05-02T01:00:00+09:00"), read_day("2024"), read_day("1970-01-01")
    ('2024-05-02', '2024', None)
    """
    if not isinstance(written, str):
        return None
    text = written.strip()
    if not text:
        return None
    if _YEAR.match(text):
        return text if int(text) > EPOCH_YEAR else None
    if found := _DAY.search(text) or _COMPACT_DAY.match(text):
        return _day_from(*map(int, found.groups()))
    try:
        return _day_of(parsedate_to_datetime(text))
    except (ValueError, OverflowError):
        return None


def find_day(text: str) -> str | None:
    """The first day that a line of text names, as ISO 8601: numbers, or English months.

    >>> find_day("Published 3 May 2024, 10:15"), find_day("Updated Dec. 17, 2023"), find_day("12/5")
    ('2024-05-03', '2023-12-17', None)
    """
    if found := _DAY.search(text):
        return _day_from(int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY_FIRST.search(text):
        return _day_from(int(found[3]), _month(found[2]), int(found[1]))
    if found := _MONTH_FIRST.search(text):
        return _day_from(int(found[3]), _month(found[1]), int(found[2]))
    return None


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


def _day_from(year: int, month: int, day: int) -> str | None:
    try:
        return _day_of(datetime(year, month, day))
    except ValueError:
        return None


def _day_of(day: datetime) -> str | None:
    if day.year < EPOCH_YEAR or (day.year, day.month, day.day) == (EPOCH_YEAR, 1, 1):
        return None
    return day.date().isoformat()
