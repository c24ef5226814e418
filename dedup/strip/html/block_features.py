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
FAR = 50  # elements: a distance to what is not there
FARTHEST = 20  # elements: a greater distance to a name says no more
SCORED_ANCESTORS = 3  # elements around a paragraph that its score goes to

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
# Substrings are found several times as fast as a pattern of alternatives.
_PARTS = tuple(() if "\\" in pattern else tuple(pattern.split("|")) for pattern in NAMES)


@lru_cache(maxsize=4096)  # class names repeat within a page and a site
def name_groups(names: str) -> tuple[int, ...]:
    """The numbers of those of NAMES that a class and id have.

    >>> name_groups("story-body") == (0, 1, 2)
    True
    """
    return tuple(
        number
        for number, parts in enumerate(_PARTS)
        if (any(part in names for part in parts) if parts else _NAMES[number].search(names))
    )


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
    parents = np.array([c.parent for c in document.containers], dtype=np.int32)
    depths = [0] * len(parents)
    for number, parent in enumerate(parents.tolist()):
        depths[number] = depths[parent] + 1 if parent >= 0 else 0
    depth = np.array(depths, dtype=np.int32)
    ranks = [np.flatnonzero(depth == rank) for rank in range(int(depth.max()) + 1)]
    sums = _own_sums(document, lines, prose)
    for rank in reversed(ranks[1:]):
        np.add.at(sums, parents[rank], sums[rank])
    groups, around = _own_names(document)
    for rank in ranks[1:]:
        groups[rank] = np.minimum(groups[rank], groups[parents[rank]] + 1)
        around[rank] |= around[parents[rank]]
    scores = _score_containers(document, lines, prose)
    scores *= 1 - sums[:, 2] / np.maximum(1, sums[:, 0])
    return Layout(
        parents, sums.astype(np.float32), groups, around, depth, scores.astype(np.float32)
    )


def _own_sums(
    document: Document, lines: Sequence[Line], prose: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """`Layout.sums` of the blocks that stand in each container itself."""
    of = [block.container for block in document.blocks]
    words = np.array([line.words for line in lines], dtype=np.float64)
    links = np.array([block.link_words for block in document.blocks], dtype=np.float64)
    size = len(document.containers)
    columns = (words, words * prose, links, np.ones(len(words)), prose.astype(np.float64))
    return np.stack([np.bincount(of, weights=c, minlength=size) for c in columns], axis=1)


def _own_names(document: Document) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_]]:
    """`Layout.groups` and `Layout.around` by each container's own names and tag."""
    size = len(document.containers)
    groups = np.full((size, len(NAMES)), FAR, dtype=np.int16)
    around = np.zeros((size, len(AROUND)), dtype=np.bool_)
    tags = {tag: number for number, names in enumerate(AROUND) for tag in names}
    for number, container in enumerate(document.containers):
        if container.names and container.tag not in ("html", "body"):
            for group in name_groups(container.names):
                groups[number, group] = 0
        if container.tag in tags:
            around[number, tags[container.tag]] = True
    return groups, around


def _score_containers(
    document: Document, lines: Sequence[Line], prose: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """readability's score: commas and length of the prose, halved with each element above."""
    scores = [0.0] * len(document.containers)
    for number in np.flatnonzero(prose).tolist():
        text = lines[number].text
        worth = 1 + text.count(",") + min(3.0, len(text) / 100)
        at = document.blocks[number].container
        for _ in range(SCORED_ANCESTORS):
            at = document.containers[at].parent
            if at < 0:
                break
            scores[at] += worth
            worth /= 2
    return np.array(scores)


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
    of = np.array([block.container for block in document.blocks], dtype=np.int32)
    words = np.array([line.words for line in lines], dtype=np.float32)
    prose = np.array([line.prose and not h for line, h in zip(lines, hits, strict=True)])
    links = np.array([block.link_words for block in document.blocks], dtype=np.float32)
    layout = measure_layout(document, lines, prose)
    levels = level_ancestors(layout, of)
    kinds = _number_kinds(document)
    top = int(layout.scores.argmax())
    same = np.zeros(len(lines), dtype=np.float32)
    same[1:] = kinds[1:] == kinds[:-1]
    columns = [
        np.minimum(1, links / words),
        links,
        *_level_columns(layout, levels),
        *_score_columns(layout, levels, top),
        *_kind_columns(kinds, words, prose, links, of),
        *_heading_columns(document, lines, metadata),
        same,
        np.append(same[1:], np.float32(0)),
    ]
    groups = np.minimum(layout.groups[of], FARTHEST).astype(np.float32)
    parts = [np.stack(columns, axis=1), _tag_columns(document), layout.around[of], groups]
    table = np.concatenate(parts, axis=1).astype(np.float32)
    return DomFeatures(table, levels, kinds, top, float(layout.sums[top, 1]))


def _level_columns(layout: Layout, levels: npt.NDArray[np.int32]) -> list[Column]:
    """What stands under each of the ancestors at which the words grow."""
    total: Column = np.maximum(np.float32(1), layout.sums[0])
    columns: list[Column] = []
    for level in range(1, LEVELS + 1):
        sums: Array = layout.sums[levels[:, level]]
        words: Column = np.maximum(np.float32(1), sums[:, 0])
        shares = [sums[:, 1] / total[1], sums[:, 0] / total[0], sums[:, 1] / words]
        shares += [sums[:, 2] / words, sums[:, 3], sums[:, 4]]
        columns += [share.astype(np.float32) for share in shares]
    return columns


def _score_columns(layout: Layout, levels: npt.NDArray[np.int32], top: int) -> list[Column]:
    """Where a block stands to the container that readability's rule would choose."""
    of = levels[:, 0]
    best = float(layout.scores[top]) or 1.0
    inside = np.array(_is_below(layout.parents, top))
    share = layout.sums[top, 1] / max(1.0, float(layout.sums[0, 1]))
    return [
        layout.depth[of].astype(np.float32),
        (layout.scores[layout.parents[of]] / best).astype(np.float32),
        (layout.scores[levels[:, 1]] / best).astype(np.float32),
        inside[of].astype(np.float32),
        np.full(len(of), share, dtype=np.float32),
    ]


def _tag_columns(document: Document) -> Array:
    """Which of TAGS each block's own element is."""
    numbers = {tag: number for number, names in enumerate(TAGS) for tag in names}
    tags = np.zeros((len(document.blocks), len(TAGS)), dtype=np.float32)
    for row, block in enumerate(document.blocks):
        number = numbers.get(document.containers[block.container].tag)
        if number is not None:
            tags[row, number] = 1
    return tags


def dom_names() -> list[str]:
    """The names of `DomFeatures.features`' columns."""
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
