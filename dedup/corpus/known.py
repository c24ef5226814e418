"""What is known from before: the kept articles of an older run or index, beside the new pages.

They are in the spool like pages of this run, so that everything is searched and covered as one
corpus; but they are kept whatever comes, and nothing of them is written again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from dedup.cluster.canonical import ArticleMetadata
from dedup.corpus.files import ArticleLine, read_lines, read_summary
from dedup.corpus.page_log import StrippedPage, pack_stripped
from dedup.corpus.search import Findings
from dedup.corpus.sketching import SketchedCorpus
from dedup.corpus.spool import Reading, Spool
from dedup.records import Article, Span, SpanKind

Item = TypeVar("Item")
KNOWN = "known:"  # before the id of an article of an older run or index
_BATCH = 256  # articles


def read_kept(run: Path) -> Iterator[Article]:
    """The articles that a finished run kept; raises `InputError` where `run` is none."""
    left_out = {"empty", *read_summary(run)["dropped_words"]}
    for line in read_lines(run / "articles.jsonl", ArticleLine):
        if line.status not in left_out:
            yield Article(
                id=line.id,
                page=line.page,
                text=line.text,
                title=line.title,
                url=line.url,
                outlet=line.outlet,
                published=line.published,
                language=line.language,
                attribution=line.attribution,
            )


def spool_known(spool: Spool, known: Iterable[Article]) -> list[Reading]:
    """Put known articles into the spool, each as a page of its own, under ids of their own."""
    readings: list[Reading] = []
    source = iter(known)
    while batch := [_rename(article) for article in islice(source, _BATCH)]:
        own = [Reading(_digest(one), one.id, one.id, len(one.text)) for one in batch]
        readings += own
        new = [k for k, reading in enumerate(own) if not spool.knows(reading.digest)]
        spool.add([own[k] for k in new], [pack_stripped(_as_page(batch[k])) for k in new])
    return readings


def _rename(article: Article) -> Article:
    name = KNOWN + article.id
    return msgspec.structs.replace(
        article, id=name, page=name, kind="main", embedded=(), spans=(), warnings=()
    )


def _digest(article: Article) -> bytes:
    return xxhash.xxh3_128_digest(msgspec.msgpack.encode((KNOWN, article)))


def _as_page(article: Article) -> StrippedPage:
    """A page of which only the body is left: each of its lines is a span of its own."""
    spans = tuple(Span(k, k + 1, SpanKind.BODY, "") for k in range(article.text.count("\n") + 1))
    return StrippedPage(articles=(article,), is_file=False, removed=(), spans=spans)


def mark_known(sketched: SketchedCorpus, readings: Sequence[Reading]) -> SketchedCorpus:
    """The corpus, in which each article says whether it is known from before."""
    ids = {reading.id for reading in readings}
    metadata = [one._replace(known=one.id in ids) for one in sketched.metadata]
    return sketched._replace(metadata=metadata)


def find_known(metadata: Sequence[ArticleMetadata]) -> NDArray[np.bool_]:
    """bool[articles]: whether each is known from before."""
    return np.array([one.known for one in metadata], dtype=np.bool_)


def leave_out_known(findings: Findings) -> Findings:
    """The findings without pairs and clusters that are of known articles only."""
    known = find_known(findings.sketched.metadata)
    related = findings.related
    pairs = related.pairs.where(~(known[related.pairs.left] & known[related.pairs.right]))
    new_copies = [not known[list(group.members)].all() for group in related.copies]
    new_stories = [not known[list(group.members)].all() for group in related.stories]
    return findings._replace(
        related=related._replace(
            pairs=pairs,
            copies=_choose(related.copies, new_copies),
            stories=_choose(related.stories, new_stories),
        ),
        copies=_choose(findings.copies, new_copies),
        stories=_choose(findings.stories, new_stories),
        covers=_choose(findings.covers, new_copies),
    )


def _choose(items: Sequence[Item], chosen: Sequence[bool]) -> list[Item]:
    return [item for item, one in zip(items, chosen, strict=True) if one]
