"""Regroup: the clusters of all that an index has, by the stages of a batch run."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import xxhash

from dedup.analyse import Analysed, analyse_articles, rank_article
from dedup.index.columns import restore_sketches
from dedup.index.store import Store
from dedup.pack import StrippedPage, pack_stripped
from dedup.publish import Findings
from dedup.records import Article, Cluster, Span, SpanKind
from dedup.search import search_articles, search_spool
from dedup.spool import Reading, Spool
from dedup.watch import Unwatched

_BATCH = 256  # pages


def regroup_store(store: Store) -> list[Cluster]:
    """Copies, then stories, of all articles: what `clean` makes of their pages.

    Without stored bodies by their sketches, and then what outlets repeat is not taken off.
    """
    if store.config.index.store_text:
        return _cluster_bodies(store)
    filed = store.fetch(store.alive().tolist())
    order = sorted(filed, key=lambda place: filed[place].article.id)
    ranked = [
        rank_article(filed[place].article)._replace(length=filed[place].length) for place in order
    ]
    kept = [store.derived.kept(place) for place in order]
    analysed = Analysed(restore_sketches(kept, store.config.sketch), ranked)
    return _clusters(search_articles(analysed, store.config, 1, Unwatched()))


def _cluster_bodies(store: Store) -> list[Cluster]:
    config = store.config
    with tempfile.TemporaryDirectory(prefix="dedup-") as name:
        spool = Spool(Path(name), keep=False)
        try:
            _spool_articles(spool, store.articles())
            analysed = analyse_articles(spool, config.sketch, folder=Path(name) / "first")
            again = Path(name) / "again"
            return _clusters(search_spool(spool, analysed, again, config, 1, Unwatched()))
        finally:
            spool.close()


def _clusters(findings: Findings) -> list[Cluster]:
    return [*findings.copies, *findings.stories]


def _spool_articles(spool: Spool, articles: Iterable[Article]) -> None:
    pages: defaultdict[str, list[Article]] = defaultdict(list)
    for article in articles:
        pages[article.page].append(article)
    readings: list[Reading] = []
    source = iter(pages.items())
    while batch := list(islice(source, _BATCH)):
        read = [Reading(xxhash.xxh3_128_digest(name.encode()), name, "", 0) for name, _ in batch]
        spool.add(read, [pack_stripped(_as_page(own)) for _, own in batch])
        readings += read
    spool.number_rows(readings)


def _as_page(articles: list[Article]) -> StrippedPage:
    """A page of which only the bodies are left: each line of the main one is a span of its own."""
    main = articles[0]
    spans = tuple(Span(k, k + 1, SpanKind.BODY, "") for k in range(main.text.count("\n") + 1))
    return StrippedPage(articles=tuple(articles), is_file=False, removed=(), spans=spans)
