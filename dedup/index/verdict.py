"""What an index answers."""

from __future__ import annotations

from typing import Literal

import msgspec

from dedup.records import Match

VerdictStatus = Literal["new", "copy", "rewrite"]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a page's article is next to those an index has.

    `matches` are with articles that came before, the strongest first, five at most; `left` is the
    article asked about. `note` says what could not be told, and why.
    """

    id: str
    status: VerdictStatus
    canonical: str | None  # the article it is a copy or rewrite of; None for a new one
    matches: tuple[Match, ...] = ()
    embedded: tuple[Verdict, ...] = ()  # of the articles the page embeds
    note: str | None = None


class IndexStats(msgspec.Struct, frozen=True, kw_only=True):
    """What an index holds, and what that takes."""

    articles: int
    statuses: dict[str, int]  # as told when the articles were added
    places: int  # articles and removals ever logged
    log_bytes: int
    derived_bytes: int
    segments: int
    recipe: str  # its digest


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A place where the log and what is derived from it disagree, or a file is damaged."""

    where: str
    what: str
