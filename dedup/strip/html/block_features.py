"""What the scorer sees of each block: its line's features, its place in the DOM, what voters took.

The DOM's part: tag and ancestors, words of class and id, links, how much of the page's prose
stands under each of the ancestors at which it grows, and what the blocks of the same kind (the same
tags and classes) are like.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.strip.html.blocks import Document
from dedup.strip.html.metadata import Metadata
from dedup.strip.lines import Line
from dedup.strip.rules.rule_set import Hit
from dedup.strip.scorer.line_features import mean_around, since_marked

Array = npt.NDArray[np.float32]
Column = npt.NDArray[np.float32]
LINK_OFFSETS = (-2, -1, 1, 2)  # blocks around, whose links are looked at
LEVELS = 5  # ancestors looked at: those at which the words under them grow
NONE = 99.0  # a distance to what is not there

TAGS = (
    ("p",), ("li", "dd", "dt"), ("h1",), ("h2",), ("h3",), ("h4", "h5", "h6"),
    ("td", "th", "tr"), ("div",), ("figcaption", "caption"), ("blockquote",),
    ("button", "legend", "summary"), ("article", "section", "main"), ("pre",),
)  # fmt: skip
AROUND = (
    ("nav", "menu"), ("header", "hgroup"), ("footer",), ("aside",), ("form", "fieldset"),
    ("ul", "ol", "dl"), ("table",), ("figure",), ("article",), ("main",), ("blockquote",),
    ("section",), ("button",),
)  # fmt: skip
# Words of class and id names, by what they say. Parts of words: names are written together.
NAMES = (
    "articlebody|article-body|article_body|story-body|storybody|entry-content|post-content"
    "|article-text|articletext|story-text|richtext|rich-text|wysiwyg|body-text|bodytext",
    "article|story|post|entry",
    "content|text|body|copy|paragraph",
    "comment|disqus|discuss|reply|reader",
    "share|social|facebook|twitter|follow|whatsapp",
    "related|recommend|more-|read-more|readmore|also|recirc|outbrain|taboola|linked|similar|further",
    "nav|menu|breadcrumb|toolbar|tabs",
    "footer|colophon|legal|copyright",
    "header|masthead|banner|topbar|logo",
    "side|rail|aside|column|right|left",
    "teaser|promo|card|headline-list|listing|latest|popular|trending|most|feed|stories|river|module",
    r"\bads?\b|ad-|advert|sponsor|werbung|publi|dfp|gpt",
    "newsletter|subscri|signup|sign-up|register|login|paywall|account|piano|offer",
    "widget|tool|util|action|button|btn",
    "author|byline|by-line|bio|writer|contributor",
    "date|time|publish|meta|info|kicker|label|categor|section-name",
    "tag|topic|keyword",
    "caption|credit|figure|photo|image|media|gallery|slide|video|player",
    "title|headline|heading",
    "summary|standfirst|dek|subtitle|sub-title|subhead|lead|lede|intro|excerpt|chapo|descr|abstract"
    "|teaser-text",
    "cookie|consent|gdpr|privacy|modal|popup|overlay|notice|alert",
    "quote|pull",
    "hidden|sr-only|screen-reader|visually|offscreen|print",
    "list|item",
    "table|score|result|box|fact",
    "live|update|timeline",
)
_NAMES = tuple(re.compile(pattern) for pattern in NAMES)


@lru_cache(maxsize=4096)  # class names repeat within a page and a site
def name_groups(names: str) -> tuple[int, ...]:
    """Which of NAMES a class and id have, as 0 or 1 each."""
    return tuple(int(bool(pattern.search(names))) for pattern in _NAMES)


class Layout(NamedTuple):
    """Sums over the page's containers. Shape (containers, ·)."""

    parents: npt.NDArray[np.int32]
    sums: Array  # words, prose words, link words, blocks, prose blocks; of all blocks below
    groups: npt.NDArray[np.int16]  # distance to the nearest ancestor or self with each of NAMES
    around: npt.NDArray[np.bool_]  # whether it is or stands in each of AROUND
    depth: npt.NDArray[np.int32]
    scores: Column  # readability's: prose of its children, and half of theirs


def measure_layout(
    document: Document, lines: Sequence[Line], prose: npt.NDArray[np.bool_]
) -> Layout:
    """Adds up the blocks under every container."""
    containers = document.containers
    size = len(containers)
    sums = np.zeros((size, 5), dtype=np.float64)
    scores = np.zeros(size)
    for block, line, is_prose in zip(document.blocks, lines, prose, strict=True):
        row = sums[block.container]
        row += (line.words, line.words * is_prose, block.link_words, 1, is_prose)
        if is_prose:
            at, share = block.container, 1.0
            worth = 1 + line.text.count(",") + min(3.0, len(line.text) / 100)
            for _ in range(3):
                at = containers[at].parent
                if at < 0:
                    break
                scores[at] += worth * share
                share /= 2
    parents = np.array([c.parent for c in containers], dtype=np.int32)
    for number in range(size - 1, 0, -1):
        sums[parents[number]] += sums[number]
    groups = np.full((size, len(NAMES)), 50, dtype=np.int16)
    around = np.zeros((size, len(AROUND)), dtype=np.bool_)
    depth = np.zeros(size, dtype=np.int32)
    tags = {tag: number for number, names in enumerate(AROUND) for tag in names}
    for number, container in enumerate(containers):
        if container.parent >= 0:
            groups[number] = groups[container.parent] + 1
            around[number] = around[container.parent]
            depth[number] = depth[container.parent] + 1
        if container.names and container.tag not in ("html", "body"):
            own = np.array(name_groups(container.names), dtype=np.bool_)
            groups[number, own] = 0
        if container.tag in tags:
            around[number, tags[container.tag]] = True
    scores *= 1 - sums[:, 2] / np.maximum(1, sums[:, 0])
    return Layout(
        parents, sums.astype(np.float32), groups, around, depth, scores.astype(np.float32)
    )


def level_ancestors(layout: Layout, of: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """For each block, its innermost container and the ancestors at which the words under them
    grow. Shape (blocks, LEVELS + 1); the root is repeated."""
    size = len(layout.parents)
    grown = np.zeros(size, dtype=np.int32)  # the nearest ancestor with more words below it
    words = layout.sums[:, 0]
    for number in range(1, size):
        parent = layout.parents[number]
        grown[number] = parent if words[parent] > words[number] else grown[parent]
    levels = [of]
    for _ in range(LEVELS):
        levels.append(grown[levels[-1]])
    return np.stack(levels, axis=1)


class DomFeatures(NamedTuple):
    """What the DOM says of each block."""

    features: Array  # blocks x len(dom_names())
    levels: npt.NDArray[np.int32]  # each block's container and ancestors; blocks x (LEVELS + 1)
    kinds: npt.NDArray[np.int32]  # each block's kind: a number
    top: int  # the container that readability's rule would choose
    prose_under_top: float  # words


def dom_features(
    document: Document, lines: Sequence[Line], hits: Sequence[tuple[Hit, ...]], metadata: Metadata
) -> DomFeatures:
    """Each block's place in the DOM."""
    size = len(lines)
    containers = document.containers
    of = np.array([block.container for block in document.blocks], dtype=np.int32)
    words = np.array([line.words for line in lines], dtype=np.float32)
    prose = np.array([line.prose and not h for line, h in zip(lines, hits, strict=True)])
    links = np.array([block.link_words for block in document.blocks], dtype=np.float32)
    layout = measure_layout(document, lines, prose)
    levels = level_ancestors(layout, of)
    total = np.maximum(1, layout.sums[0])
    columns = [np.minimum(1, links / words), links]
    tag_row = {tag: number for number, names in enumerate(TAGS) for tag in names}
    tags = np.zeros((size, len(TAGS)), dtype=np.float32)
    for number, at in enumerate(of):
        place = tag_row.get(containers[at].tag)
        if place is not None:
            tags[number, place] = 1
    for level in range(1, LEVELS + 1):
        sums = layout.sums[levels[:, level]]
        columns += [
            sums[:, 1] / total[1],
            sums[:, 0] / total[0],
            sums[:, 1] / np.maximum(1, sums[:, 0]),
            sums[:, 2] / np.maximum(1, sums[:, 0]),
            sums[:, 3],
            sums[:, 4],
        ]
    best = layout.scores.max() or 1.0
    top = int(layout.scores.argmax())
    inside = np.array(_is_below(layout.parents, top))
    columns += [
        layout.depth[of].astype(np.float32),
        layout.scores[layout.parents[of]] / best,
        layout.scores[levels[:, 1]] / best,
        inside[of].astype(np.float32),
        np.full(size, layout.sums[top, 1] / total[1]),
    ]
    kinds = _number_kinds(document)
    columns += _kind_columns(kinds, words, prose, links, of)
    columns += _heading_columns(document, lines, metadata)
    same = np.zeros(size, dtype=np.float32)
    same[1:] = kinds[1:] == kinds[:-1]
    columns += [same, np.append(same[1:], 0)]
    groups = np.minimum(layout.groups[of], 20).astype(np.float32)
    table = np.concatenate(
        [np.stack(columns, axis=1), tags, layout.around[of], groups], axis=1
    ).astype(np.float32)
    return DomFeatures(table, levels, kinds, top, float(layout.sums[top, 1]))


def dom_names() -> list[str]:
    levels = [
        f"{what}_{level}"
        for level in range(1, LEVELS + 1)
        for what in (
            "prose_of_page",
            "words_of_page",
            "prose_share",
            "link_share",
            "blocks",
            "prose_blocks",
        )
    ]
    return [
        "link_share",
        "link_words",
        *levels,
        "depth",
        "parent_score",
        "level_score",
        "in_top",
        "top_share",
        "kind_prose",
        "kind_words",
        "kind_links",
        "kind_blocks",
        "kind_prose_share",
        "box_words",
        "since_h1",
        "is_title",
        "title_share",
        "is_description",
        "since_title",
        "like_previous",
        "like_next",
        *(f"tag_{names[0]}" for names in TAGS),
        *(f"in_{names[0]}" for names in AROUND),
        *(f"named_{pattern.split('|')[0]}" for pattern in NAMES),
    ]


def _is_below(parents: npt.NDArray[np.int32], top: int) -> list[bool]:
    below = [False] * len(parents)
    for number in range(len(parents)):
        below[number] = number == top or (parents[number] >= 0 and below[parents[number]])
    return below


def _number_kinds(document: Document) -> npt.NDArray[np.int32]:
    """Blocks are of a kind if their element and its parent have the same tags and classes."""
    numbers: dict[tuple[str, ...], int] = {}
    kinds = []
    for block in document.blocks:
        own = document.containers[block.container]
        parent = document.containers[max(0, own.parent)]
        key = (own.tag, own.names, parent.tag, parent.names)
        kinds.append(numbers.setdefault(key, len(numbers)))
    return np.array(kinds, dtype=np.int32)


def _kind_columns(
    kinds: npt.NDArray[np.int32],
    words: Column,
    prose: npt.NDArray[np.bool_],
    links: Column,
    of: npt.NDArray[np.int32],
) -> list[Column]:
    count = np.bincount(kinds).astype(np.float32)
    total = np.bincount(kinds, weights=words).astype(np.float32)
    prose_words = np.bincount(kinds, weights=words * prose).astype(np.float32)
    linked = np.bincount(kinds, weights=links).astype(np.float32)
    all_prose = max(1.0, float(prose_words.sum()))
    box = np.bincount(of, weights=words).astype(np.float32)
    return [
        (prose_words / all_prose)[kinds],
        (total / count)[kinds],
        (linked / np.maximum(1, total))[kinds],
        count[kinds],
        (prose_words / np.maximum(1, total))[kinds],
        box[of],
    ]


def _heading_columns(document: Document, lines: Sequence[Line], metadata: Metadata) -> list[Column]:
    h1 = np.array([document.containers[b.container].tag == "h1" for b in document.blocks])
    title = frozenset((metadata.title or "").casefold().split())
    description = frozenset((metadata.description or "").casefold().split())
    shares, described = [], []
    for line in lines:
        own = set(line.text.casefold().split()) if line.words <= 80 else set()
        shares.append(len(own & title) / max(len(own), len(title), 1))
        described.append(len(own & description) / max(1, min(len(own), len(description)), 4))
    share = np.array(shares, dtype=np.float32)
    is_title = share >= 0.8
    return [
        since_marked(h1),
        is_title.astype(np.float32),
        share,
        np.array(described, dtype=np.float32),
        since_marked(is_title),
    ]


VOTE_SPANS = (3, 10)  # blocks


def vote_features(lines: Sequence[Line], vote: str) -> Array:
    """The share of each block that an extractor took, of the page, and of the blocks around.
    Shape (blocks, len(vote_names()))."""
    words = np.array([line.words for line in lines], dtype=np.float32)
    taken = take_share([line.text for line in lines], vote)
    weight = taken * words
    of_page = weight.sum() / max(1.0, float(words.sum()))
    columns: list[Column] = [taken, np.full(len(lines), of_page, dtype=np.float32)]
    both = np.stack([weight, words], axis=1).astype(np.float32)
    for span in VOTE_SPANS:
        sides = mean_around(both, span)
        columns += [
            (side[:, 0] / np.maximum(1e-6, side[:, 1])).astype(np.float32) for side in sides
        ]
    sure = taken > 0.5
    columns += [since_marked(sure), since_marked(sure[::-1])[::-1]]
    return np.stack(columns, axis=1).astype(np.float32)


def vote_names() -> list[str]:
    """The names of `vote_features`' columns."""
    around = [f"vote_{side}{span}" for span in VOTE_SPANS for side in ("before", "after")]
    return ["vote", "vote_share", *around, "since_vote", "until_vote"]


def take_share(texts: Sequence[str], vote: str) -> Column:
    """The share of each text's runs of three words that an extractor's text has."""
    tokens = vote.split()
    runs = set(zip(tokens, tokens[1:], tokens[2:], strict=False))
    short = {" ".join(line.split()) for line in vote.split("\n")}
    shares = []
    for text in texts:
        words = text.split()
        own = list(zip(words, words[1:], words[2:], strict=False))
        if own:
            shares.append(sum(map(runs.__contains__, own)) / len(own))
        else:
            shares.append(float(text in short))
    return np.array(shares, dtype=np.float32)
