"""The headline: exactly one full copy of it stays, its echoes and breadcrumbs go."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from dedup.records import SpanKind
from dedup.strip.line_state import Stretch
from dedup.strip.lines import DECORATION, Line, ends_sentence, fold_case, line_key
from dedup.strip.wrapped import is_wrapped

HEAD_PROSE_LINES = 3  # prose lines that may precede the second copy: a standfirst, a summary
MIN_HEADLINE_WORDS = 4  # words; shorter lines repeat for other reasons
MAX_HEADLINE_WORDS = 32
MIN_CUT_WORDS = 3  # words of a headline that a cut-off copy must still show
OPENING_LINES = 30  # lines of prose that a headline is held against
SUBJECT_LETTERS = 4  # letters from which a word says something of the subject
ECHO_WORTH = 0.3  # of a line said twice on the page, beside its share of words
FEW_WORDS = 3  # words by which a share is smoothed: two of two words say less than six of nine
DISTANCE_COST = 0.003  # a line between a headline and the prose
STANDFIRST_LINES = 12  # lines a standfirst may stand below its headline
STANDFIRST_SHARE = 0.6  # of the standfirst's share that the headline above it must have
CREDIT_WORDS = 12  # words of a line that is a credit and no caption itself
SITE_MARKS = (" | ", " - ", " – ", " — ", " :: ", " » ", " · ")
TRAIL_MARKS = ("›", "»", ">", "/", "|", "→", "•", "\\")
_HOME_WORDS = (
    "home homepage startseite start accueil inicio início portada главная 首页 ホーム الرئيسية"
)
TRAIL_STARTS = frozenset(_HOME_WORDS.split())
_SENTENCE_INSIDE = re.compile(r"[a-z0-9]{3,}\. [A-Z]")  # a caption and its credit; a standfirst


def find_title(stretch: Stretch) -> int | None:
    """The number of the body line that is the headline: of those in the head, the one most like
    the prose under it. A first line that is a sentence of prose is no headline, unless the head
    says it twice."""
    above = [number for number in _lines_above_prose(stretch) if stretch.is_body(number)]
    candidates = [number for number in above if may_be_headline(stretch, number)]
    if not candidates:
        return next((number for number in above if _is_said_twice(stretch, number)), None)
    return (
        choose_headline(stretch, candidates)
        if len(candidates) > 1
        else next(iter(candidates), None)
    )


def _lines_above_prose(stretch: Stretch) -> Iterator[int]:
    """The lines down to the first paragraph. A line of prose that a credit stands under, that is
    said twice, or, while nothing better was seen, a headline that asks, is no paragraph."""
    seen = False
    for number in range(len(stretch.lines)):
        headline = stretch.is_body(number) and may_be_headline(stretch, number)
        if (
            stretch.is_clean_prose(number)
            and (seen or not headline)
            and not _is_said_twice(stretch, number)
            and not _has_credit(stretch, number)
        ):
            return
        seen = seen or headline
        yield number


def _is_said_twice(stretch: Stretch, number: int) -> bool:
    """Whether a line's second copy was found in the head."""
    line = stretch.lines[number]
    if not MIN_HEADLINE_WORDS <= line.words <= MAX_HEADLINE_WORDS or not line.key:
        return False
    doubled = SpanKind.DUPLICATE_HEADLINE
    copies = (n for n in range(number + 1, len(stretch.lines)) if stretch.kinds[n] is doubled)
    return any(stretch.lines[n].key == line.key for n in copies)


def _has_credit(stretch: Stretch, number: int) -> bool:
    """Whether a photographer's credit stands right below a line: it says what a picture shows."""
    below = number + 1
    return (
        below < len(stretch.lines)
        and stretch.kinds[below] is SpanKind.CAPTION
        and stretch.lines[below].words <= CREDIT_WORDS
    )


def choose_headline(stretch: Stretch, candidates: Sequence[int]) -> int | None:
    """Of some lines, the one that shares most words with the prose and stands close above it.

    A line said twice on the page is worth more; a standfirst, which says more of the story than its
    headline, gives way to the headline just above it. None when no line shares a word.
    """
    opening = _opening_prose(stretch)
    shares = {number: _share_said(stretch.lines[number].text, opening) for number in candidates}
    keys = "\n".join(["", *(line.key for line in stretch.lines)])

    def worth(number: int) -> float:
        key = stretch.lines[number].key
        echo = bool(key) and keys.count(f"\n{key}") > 1
        return shares[number] + ECHO_WORTH * echo - DISTANCE_COST * (candidates[-1] - number)

    if not candidates or max(shares.values()) <= 0:
        return None
    best = max(candidates, key=worth)
    return _above_standfirst(best, shares)


def _above_standfirst(best: int, shares: Mapping[int, float]) -> int:
    above = (n for n in shares if 0 < best - n <= STANDFIRST_LINES)
    near = [n for n in above if shares[n] >= STANDFIRST_SHARE * shares[best]]
    return max(near, key=lambda number: shares[number], default=best)


def _opening_prose(stretch: Stretch) -> str:
    prose = (line.text for n, line in enumerate(stretch.lines) if line.prose and stretch.is_body(n))
    return fold_case(" ".join(islice(prose, OPENING_LINES)))


def _share_said(text: str, prose: str) -> float:
    """Share of a line's words of four letters and more that the prose has too."""
    words = [word.strip(DECORATION) for word in text.casefold().split()]
    words = [word for word in words if len(word) >= SUBJECT_LETTERS]
    shared = sum(word in prose for word in words)
    return shared / (len(words) + FEW_WORDS) if len(words) > 1 else 0.0


def may_be_headline(stretch: Stretch, number: int) -> bool:
    """Whether a line reads like a headline and no rule or breadcrumb mark speaks against it."""
    line = stretch.lines[number]
    return not stretch.hits[number] and is_headline(line) and not is_trail(line.text)


def mark_headlines(stretch: Stretch) -> None:
    """Marks copies of head-of-page lines, cut-off and site-suffixed ones too, and breadcrumbs."""
    if is_wrapped(stretch.lines):  # a table's lines repeat, and a sentence's
        return
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


def is_headline(line: Line) -> bool:
    """Whether a line reads like a headline: a few words that end no sentence."""
    if not MIN_HEADLINE_WORDS <= line.words <= MAX_HEADLINE_WORDS or line.text[-1] in ",;:":
        return False
    if ". " in line.text and _SENTENCE_INSIDE.search(line.text):
        return False
    return line.text[-1] in "?!" or not ends_sentence(line.text)


def asks_headline(line: Line) -> bool:
    """Whether a line that ends as a sentence does may be a headline all the same."""
    return line.text[-1] in "?!" and is_headline(line)


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
