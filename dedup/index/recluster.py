"""Regroup: the clusters of all that an index has, by the stages of a batch run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path

import xxhash

from dedup.config import Config
from dedup.corpus.page_log import StrippedPage, pack_stripped
from dedup.corpus.retention import retain_articles
from dedup.corpus.search import Findings, search_articles, search_spool
from dedup.corpus.sketching import SketchedCorpus, describe_article, sketch_corpus
from dedup.corpus.spool import Reading, Spool
from dedup.index.storage.stored_sketch import restore_sketches
from dedup.index.store import Store
from dedup.progress import Advance, Progress, ignore_progress
from dedup.records import Article, Cluster, Corpus, Span, SpanKind

_BATCH = 256  # pages
_FETCHED = 1024  # articles read at a time


def regroup_store(store: Store, progress: Progress) -> list[Cluster]:
    """Copies, then stories, of all articles: what `clean` makes of their pages.

    Without stored bodies by their sketches, and then what outlets repeat is not taken off.
    """
    if store.config.index.store_text:
        return _cluster_bodies(store, progress)
    filed = store.fetch(store.alive().tolist())
    order = sorted(filed, key=lambda place: filed[place].article.id)
    ranked = [
        describe_article(filed[place].article)._replace(length=filed[place].length)
        for place in order
    ]
    kept = [store.derived.kept(place) for place in order]
    sketched = SketchedCorpus(restore_sketches(kept, store.config.sketch), ranked)
    return _clusters(search_articles(sketched, store.config, 1, progress), None, store.config)


def _cluster_bodies(store: Store, progress: Progress) -> list[Cluster]:
    config = store.config
    with tempfile.TemporaryDirectory(prefix="dedup-") as name:
        spool = Spool(Path(name), keep=False)
        try:
            with progress.stage("read the bodies", len(store.alive())) as advance:
                _spool_articles(spool, store, advance)
            with progress.stage("sketch", len(spool)) as advance:
                sketched = sketch_corpus(spool, config.sketch, 1, advance, Path(name) / "first")
            again = Path(name) / "again"
            return _clusters(
                search_spool(spool, sketched, again, config, 1, progress), spool, config
            )
        finally:
            spool.close()


def _clusters(findings: Findings, corpus: Corpus | None, config: Config) -> list[Cluster]:
    covered = retain_articles(findings, corpus, config)
    return [*covered.copies, *covered.stories]


def _spool_articles(spool: Spool, store: Store, advance: Advance) -> None:
    """Spool the pages as they were added; in memory is no body but those of one batch.

    An article that was taken in anew lies apart from its page (`remove`). Such pages are put
    together in the end; of one that is added twice the spool has the last.
    """
    readings: dict[str, Reading] = {}
    apart: dict[str, list[Article]] = {}
    runs = (list(run) for _, run in groupby(_articles(store, advance), key=_page_of))
    while batch := list(islice(runs, _BATCH)):
        apart.update((name, []) for name in _add_pages(spool, batch, readings))
    for article in _articles(store, ignore_progress) if apart else ():
        if article.page in apart:
            apart[article.page].append(article)
    _add_pages(spool, list(apart.values()), readings)
    spool.number_rows(readings.values())


def _articles(store: Store, advance: Advance) -> Iterator[Article]:
    places = store.alive().tolist()
    for start in range(0, len(places), _FETCHED):
        found = store.fetch(places[start : start + _FETCHED])
        yield from (found[place].article for place in sorted(found))
        advance(len(found))


def _page_of(article: Article) -> str:
    return article.page


def _add_pages(
    spool: Spool, pages: Sequence[list[Article]], readings: dict[str, Reading]
) -> list[str]:
    """Returns those that were added before."""
    names = [_page_of(own[0]) for own in pages]
    again = []
    for name in names:
        again += [name] if name in readings else []
        readings[name] = Reading(xxhash.xxh3_128_digest(name.encode()), name, "", 0)
    spool.add([readings[name] for name in names], [pack_stripped(_as_page(own)) for own in pages])
    return again


def _as_page(articles: list[Article]) -> StrippedPage:
    """A page of which only the bodies are left: each line of the main one is a span of its own."""
    main, *embedded = sorted(articles, key=_rank)
    spans = tuple(Span(k, k + 1, SpanKind.BODY, "") for k in range(main.text.count("\n") + 1))
    return StrippedPage(articles=(main, *embedded), is_file=False, removed=(), spans=spans)


def _rank(article: Article) -> tuple[bool, int, str]:
    return article.kind != "main", len(article.id), article.id  # "#2" before "#10"
