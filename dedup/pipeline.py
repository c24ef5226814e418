"""The whole flow on one screen: from inputs to files, and from articles to duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import msgspec

from dedup.config import DEFAULT_CONFIG, Config
from dedup.corpus.known import leave_out_known, mark_known, spool_known
from dedup.corpus.output import Summary, publish_run
from dedup.corpus.read_and_strip import read_and_strip
from dedup.corpus.retention import retain_articles
from dedup.corpus.search import compare_articles, search_articles, search_spool
from dedup.corpus.sketching import sketch_corpus
from dedup.corpus.workspace import CleanOptions, open_run
from dedup.errors import InputError
from dedup.match.evidence import explain_pairs
from dedup.parallel import WorkerPool
from dedup.progress import NoProgress, Progress
from dedup.records import Article, Cluster, Match
from dedup.strip.page import with_language

_NO_PROGRESS = NoProgress()


class Duplicates(NamedTuple):
    """What `find_duplicates` found."""

    matches: list[Match]  # every verified pair; of a body that k articles have, a star
    copies: list[Cluster]
    stories: list[Cluster]


def clean(
    inputs: Sequence[str | Path],
    out: str | Path,
    config: Config = DEFAULT_CONFIG,
    options: CleanOptions | None = None,
    progress: Progress = _NO_PROGRESS,
    *,
    known: Iterable[Article] = (),
) -> Summary:
    """Clean scraped pages into the folder `out`, which gets the files the README lists.

    `known` articles, of an older run (`read_kept`) or an index, are kept already: pages are copies
    of them too, and nothing of them is written.

    Raises `InputError` where an input does not exist or `out` may not be written.
    """
    options = options or CleanOptions()
    folder, workers = Path(out), options.workers
    with (
        open_run(folder, resume=options.resume, overwrite=options.overwrite) as run,
        WorkerPool(workers) as worker_pool,
    ):
        with progress.stage("read and strip") as advance:
            before = spool_known(run.spool, known)
            read_counts = read_and_strip(
                inputs,
                run,
                worker_pool,
                config,
                strict=options.strict,
                advance=advance,
                known=before,
            )
        worker_pool.dismiss()
        with progress.stage("sketch", len(run.spool)) as advance:
            columns = run.columns / "first"
            sketched = sketch_corpus(run.spool, config.sketch, workers, advance, columns)
        sketched = mark_known(sketched, before)
        findings = search_spool(
            run.spool, sketched, run.columns / "again", config, workers, progress
        )
        with progress.stage("cover"):
            findings = retain_articles(
                findings, run.spool, config, keep_embedded=options.keep_embedded
            )
        findings = leave_out_known(findings)
        summary = publish_run(run, worker_pool, read_counts, findings, config, options, progress)
        run.finish()
        return summary


def find_duplicates(
    articles: Iterable[Article], config: Config = DEFAULT_CONFIG, *, workers: int = 1
) -> Duplicates:
    """The matches, copies and stories among articles, in order of id.

    Raises `InputError` where two articles have one id, and for what is no article.
    """
    corpus = sorted(map(with_language, articles), key=lambda article: article.id)
    for first, second in pairwise(corpus):
        if first.id == second.id:
            raise InputError(f"two articles have the id {first.id!r}; give each its own")
    sketched = sketch_corpus(corpus, config.sketch, workers)
    findings = search_articles(sketched, config, workers, _NO_PROGRESS)
    findings = retain_articles(findings, corpus, config)
    matches = list(explain_pairs(findings.related.pairs, corpus, config.verify))
    return Duplicates(matches, findings.copies, findings.stories)


def compare(
    left: Article | str, right: Article | str, config: Config = DEFAULT_CONFIG
) -> Match | None:
    """Why two articles, or bodies, are duplicates, with the evidence; None where they are not.

    Raises `InputError` for a page: `strip_page` makes an article of it.

    >>> text = "The quick brown fox jumps over the lazy dog in the park."
    >>> compare(text, text.upper()).relation
    <Relation.EXACT: 'exact'>
    """
    found = compare_articles(_as_article("left", left), _as_article("right", right), config)
    if found.relation is None:
        return None
    return msgspec.convert(found, Match, from_attributes=True)


def _as_article(name: str, given: Article | str) -> Article:
    article = Article(id=name, page=name, text=given) if isinstance(given, str) else given
    return with_language(article)
