"""Copies: what syndication does to a story, done to a text on purpose.

A tester who wants to know where their thresholds give way makes copies of their own articles, each
changed in one way by a known amount, and asserts which of them must still be found.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from dedup.config import read_yaml
from dedup.errors import InputError
from dedup.records import Page

CopyKind = Literal["chrome", "trim", "update", "ocr", "split", "embedded"]
COPY_KINDS: tuple[CopyKind, ...] = get_args(CopyKind)

# Pairs that OCR confuses in newsprint.
_CONFUSED = (("rn", "m"), ("m", "rn"), ("l", "1"), ("e", "c"), ("o", "0"), ("h", "b"), ("s", "5"))
_SENTENCE_END = re.compile(r"(?<=[.!?])(?<!\b[A-Z]\.)[\"”’']?\s+(?=[\"“‘']?[A-Z0-9])")
_SLUG_WORDS = 5


class Copy(NamedTuple):
    """A page made from a text, and the id of the article in it that is the copy."""

    kind: CopyKind
    page: Page
    article: str
    change: float  # the share of the text's words that the kind was to change


# The share of words changed where none is given: what such copies commonly show in news.
_COMMON_CHANGE: dict[CopyKind, float] = {
    "chrome": 0,
    "trim": 0.25,  # cut from the end, as an editor short of room cuts
    "update": 0.1,
    "ocr": 0.03,
    "split": 0,
    "embedded": 0,
}


def make_copies(
    text: str,
    kinds: Sequence[CopyKind] = COPY_KINDS,
    *,
    count: int = 1,
    change: float | None = None,
    seed: int = 0,
) -> list[Copy]:
    """`count` copies of each kind of a body, headline first, as the pages of other outlets.

    - `chrome`: menus, share bars and a tail around it;
    - `trim`: `change` of its words cut off the end, at the end of a sentence where there is one;
    - `update`: sentences added at top and end, and figures changed: `change` of its words, as far
      as there is news to add;
    - `ocr`: `change` of its words misread;
    - `split`: its paragraphs broken at other places;
    - `embedded`: carried whole by another story's page; the copy is its article `#1`.

    The same arguments give the same copies. Raises `InputError` for a text without words,
    an unknown kind, and a change that is no share.

    >>> [copy.page.id for copy in make_copies("Peace\\nThe war is over.", ["trim", "ocr"])]
    ['trim-1', 'ocr-1']
    """
    if not text.split():
        raise InputError("make_copies: the text has no words")
    if isinstance(kinds, str):
        raise InputError(f"make_copies: kinds is a list: [{kinds!r}]")
    if change is not None and not 0 <= change <= 1:
        raise InputError(f"make_copies: change {change} is no share from 0 to 1")
    for kind in kinds:
        if kind not in _MAKERS:
            raise InputError(f"make_copies: no kind {kind!r}; kinds: {', '.join(COPY_KINDS)}")
    numbers = range(1, count + 1)
    return [_make_copy(text, kind, number, change, seed) for kind in kinds for number in numbers]


def _make_copy(text: str, kind: CopyKind, number: int, change: float | None, seed: int) -> Copy:
    chance = random.Random(f"{seed}/{kind}/{number}")
    share = _COMMON_CHANGE[kind] if change is None else change
    page = Page(id=f"{kind}-{number}", text=_MAKERS[kind](text, share, chance))
    return Copy(kind, page, f"{page.id}#1" if kind == "embedded" else page.id, share)


@cache
def _load_pages() -> dict[str, Any]:
    return dict(read_yaml(Path(__file__).with_name("pages.yaml")))


def _add_chrome(text: str, _share: float, chance: random.Random) -> str:
    headline = text.strip().splitlines()[0]
    names = {
        "headline": headline,
        "slug": " ".join(headline.split()[:_SLUG_WORDS]),
        "outlet": chance.choice(_load_pages()["outlets"]),
    }
    head = [line.format(**names) for line in chance.choice(_load_pages()["heads"])]
    tail = [line.format(**names) for line in chance.choice(_load_pages()["tails"])]
    return "\n".join([*head, "", text.strip(), "", *tail])


def split_sentences(line: str) -> list[str]:
    """The sentences of a line, roughly: each keeps its own end.

    >>> split_sentences('He left. "Why?" she asked. J. Smith stayed.')
    ['He left.', '"Why?" she asked.', 'J. Smith stayed.']
    """
    ends = [match.end() for match in _SENTENCE_END.finditer(line)]
    cuts = [0, *ends, len(line)]
    return [line[a:b].strip() for a, b in pairwise(cuts) if line[a:b].strip()]


def _trim_end(text: str, share: float, _chance: random.Random) -> str:
    headline, *paragraphs = text.strip().splitlines()
    left = round(len(text.split()) * (1 - share)) - len(headline.split())
    lines = [headline]
    for paragraph in paragraphs:
        kept: list[str] = []
        for sentence in split_sentences(paragraph):
            words = sentence.split()
            # The first sentence is cut in itself: else nothing of the body might be left.
            if len(words) <= left or (len(lines) == 1 and not kept):
                kept.append(" ".join(words[: max(1, left)]))
            left = left - len(words) if len(words) <= left else 0
        lines.append(" ".join(kept))
    return "\n".join(line for line in lines if line)


def _update(text: str, share: float, chance: random.Random) -> str:
    headline, *paragraphs = text.strip().splitlines()
    wanted = round(len(text.split()) * share)
    figures, changed = _change_figures("\n".join(paragraphs), wanted // 4, chance)
    added: list[str] = []
    news = chance.sample(_load_pages()["updates"], len(_load_pages()["updates"]))
    for sentence in news:
        if sum(len(one.split()) for one in added) < wanted - changed:
            added.append(sentence)
    first, last = added[: len(added) // 2 + 1], added[len(added) // 2 + 1 :]
    return "\n".join([headline, " ".join(first), figures, " ".join(last)]).strip()


def _change_figures(text: str, most: int, chance: random.Random) -> tuple[str, int]:
    figures = list(re.finditer(r"\b\d{1,3}\b", text))
    chosen = sorted(chance.sample(figures, min(most, len(figures))), key=lambda f: -f.start())
    for figure in chosen:
        raised = str(int(figure[0]) + chance.randint(1, 9))
        text = text[: figure.start()] + raised + text[figure.end() :]
    return text, len(chosen)


def _misread(text: str, share: float, chance: random.Random) -> str:
    words = re.split(r"(\s+)", text.strip())
    readable = [k for k, word in enumerate(words) if any(a in word for a, _ in _CONFUSED)]
    wanted = min(len(readable), round(len(text.split()) * share))
    for k in chance.sample(readable, wanted):
        pairs = [pair for pair in _CONFUSED if pair[0] in words[k]]
        words[k] = words[k].replace(*chance.choice(pairs), 1)
    return "".join(words)


def _split_again(text: str, _share: float, chance: random.Random) -> str:
    headline, *paragraphs = text.strip().splitlines()
    sentences = [sentence for line in paragraphs for sentence in split_sentences(line)]
    lines = [headline]
    while sentences:
        taken = chance.randint(1, 3)
        lines.append(" ".join(sentences[:taken]))
        sentences = sentences[taken:]
    return "\n".join(lines)


def _embed(text: str, _share: float, chance: random.Random) -> str:
    outlet, age = chance.choice(_load_pages()["outlets"]), chance.choice(_load_pages()["ages"])
    header = [outlet, age, f"- {outlet}"]
    host = [str(line) for line in _load_pages()["host"]]
    return "\n".join([*host, "Comments", "Related Articles", "", *header, text.strip()])


_MAKERS: dict[CopyKind, Callable[[str, float, random.Random], str]] = {
    "chrome": _add_chrome,
    "trim": _trim_end,
    "update": _update,
    "ocr": _misread,
    "split": _split_again,
    "embedded": _embed,
}
