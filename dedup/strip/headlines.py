"""The headline: exactly one full copy of it stays, its echoes and breadcrumbs go."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dedup.records import SpanKind
from dedup.strip.lines import Line, ends_sentence, line_key
from dedup.strip.marks import Stretch

HEAD_PROSE_LINES = 3  # prose lines that may precede the second copy: a standfirst, a summary
MIN_HEADLINE_WORDS = 4  # words; shorter lines repeat for other reasons
MAX_HEADLINE_WORDS = 32
MIN_CUT_WORDS = 3  # words of a headline that a cut-off copy must still show
SITE_MARKS = (" | ", " - ", " – ", " — ", " :: ", " » ", " · ")
TRAIL_MARKS = ("›", "»", ">", "/", "|", "→", "•", "\\")
_HOME_WORDS = (
    "home homepage startseite start accueil inicio início portada главная 首页 ホーム الرئيسية"
)
TRAIL_STARTS = frozenset(_HOME_WORDS.split())
_SENTENCE_INSIDE = re.compile(r"[a-z0-9]{3,}\. [A-Z]")  # a caption and its credit; a standfirst


def find_title(stretch: Stretch) -> int | None:
    """The number of the line that is the headline: the one that is echoed, else the first line.

    A first line that is a sentence of prose is no headline.
    """
    echoed = _find_echoed(stretch)
    if echoed is not None:
        return echoed
    for number, line in enumerate(stretch.lines):
        if stretch.is_body(number) and line.words > 1:
            return number if is_headline(line) else None
    return None


def mark_headlines(stretch: Stretch) -> None:
    """Marks copies of head-of-page lines, cut-off and site-suffixed ones too, and breadcrumbs."""
    head = list(_head_lines(stretch))
    seen: dict[str, int] = {}
    for number in head:
        line = stretch.lines[number]
        if not stretch.is_body(number) or line.words < MIN_HEADLINE_WORDS or not line.key:
            continue
        if line.key in seen and (not line.prose or line.text[-1] in "?!…"):
            stretch.mark(number, SpanKind.DUPLICATE_HEADLINE, "generic.headline.doubled")
        seen.setdefault(line.key, number)
    for number in head:
        _mark_partial_copy(stretch, number, seen)


def _mark_partial_copy(stretch: Stretch, number: int, seen: dict[str, int]) -> None:
    line = stretch.lines[number]
    if not stretch.is_body(number) or not line.key:
        return
    if _is_breadcrumb(line, seen):
        stretch.mark(number, SpanKind.BREADCRUMB, "generic.breadcrumb")
    elif _is_cut_copy(line, seen) or _is_site_copy(line, seen):
        stretch.mark(number, SpanKind.DUPLICATE_HEADLINE, "generic.headline.partial")


def _head_lines(stretch: Stretch) -> Iterator[int]:
    prose = 0
    for number in range(len(stretch.lines)):
        prose += stretch.is_clean_prose(number)
        if prose > HEAD_PROSE_LINES:
            return
        yield number


def _find_echoed(stretch: Stretch) -> int | None:
    """The first body line in the head whose copy was marked."""
    copies = {
        stretch.lines[n].key
        for n, kind in enumerate(stretch.kinds)
        if kind is SpanKind.DUPLICATE_HEADLINE and stretch.rules[n].endswith("doubled")
    }
    if copies:
        for number, line in enumerate(stretch.lines):
            if line.key in copies and stretch.is_body(number) and is_headline(line):
                return number
    return None


def is_headline(line: Line) -> bool:
    """Whether a line reads like a headline: a few words that end no sentence."""
    if not MIN_HEADLINE_WORDS <= line.words <= MAX_HEADLINE_WORDS or line.text[-1] in ",;:":
        return False
    if _SENTENCE_INSIDE.search(line.text):
        return False
    return line.text[-1] in "?!" or not ends_sentence(line.text)


def _is_cut_copy(line: Line, seen: dict[str, int]) -> bool:
    """`Trump and Putin meet in …` beside the full headline."""
    if not line.text.endswith(("…", "...")):
        return False
    return line.words >= MIN_CUT_WORDS and any(
        full.startswith(line.key) and len(full) > len(line.key) for full in seen
    )


def _is_site_copy(line: Line, seen: dict[str, int]) -> bool:
    """`Headline - Site` beside the headline alone."""
    for mark in SITE_MARKS:
        left, found, _ = line.text.rpartition(mark)
        if found and line_key(left) in seen and line_key(left) != line.key:
            return True
    return False


def _is_breadcrumb(line: Line, seen: dict[str, int]) -> bool:
    """`Home › News › …`, or a home word and then the headline, whole or cut off."""
    words = line.key.split(maxsplit=1)
    if len(words) < 2 or words[0] not in TRAIL_STARTS:
        return False
    if sum(line.text.count(mark) for mark in TRAIL_MARKS) > 0 and not ends_sentence(line.text):
        return True
    return any(_trails_into(words[1], full) for full in seen if full != line.key)


def is_trail(text: str) -> bool:
    """Whether a line opens like a breadcrumb or has its separators."""
    opening = text.split(maxsplit=1)[0].casefold()
    return opening in TRAIL_STARTS or any(mark in text for mark in (" > ", " › ", " » "))


def _trails_into(trail: str, headline: str) -> bool:
    opening = " ".join(headline.split()[:MIN_CUT_WORDS])
    at = trail.find(opening)
    return at >= 0 and headline.startswith(trail[at:])
