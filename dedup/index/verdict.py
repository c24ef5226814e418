"""What an index answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any, Literal

import msgspec

from dedup.records import Changes, Match

VerdictStatus = Literal["new", "version", "copy", "rewrite"]


def _nothing() -> tuple[Match, ...]:
    return ()


def _no_changes() -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a page's article is next to those an index has.

    `note` says what could not be told, and why.
    """

    id: str
    status: VerdictStatus
    canonical: str | None  # the article it is a copy, version or rewrite of; None for a new one
    embedded: tuple[Verdict, ...] = ()  # of the articles the page embeds
    note: str | None = None
    seek_matches: Callable[[], tuple[Match, ...]] = field(
        default=_nothing, repr=False, compare=False
    )
    seek_changes: Callable[[], Changes | None] = field(
        default=_no_changes, repr=False, compare=False
    )

    @cached_property
    def changes(self) -> Changes | None:
        """Of a version: what is new in it, against the kept article that it is most like.

        Worked out when it is first looked at; None where bodies are not stored.
        """
        return self.seek_changes()

    @property
    def new_words(self) -> int | None:
        """Of a version: how many of its words that article has not."""
        return self.changes.new_words if self.changes else None

    @cached_property
    def matches(self) -> tuple[Match, ...]:
        """With articles that came before, the strongest first, five at most, and the evidence.

        `left` is the article asked about. They are worked out when they are first looked at, of
        the bodies as they were then: a job that acts on the status alone need not wait for them.
        """
        return self.seek_matches()

    def as_dict(self) -> dict[str, Any]:
        """All that it says, by name, as `dedup index` prints it."""
        return {
            "id": self.id,
            "status": self.status,
            "canonical": self.canonical,
            "new_words": self.new_words,
            "changes": self.changes,
            "matches": self.matches,
            "embedded": [one.as_dict() for one in self.embedded],
            "note": self.note,
        }


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


class Status(IntEnum):
    """What an article was told to be when it was added; of a removal, that it is one."""

    NEW = 0
    COPY = 1
    REWRITE = 2
    REMOVAL = 3
    VERSION = 4  # a copy with text of its own that no kept article has
