"""A finished search as the files of its run; lines are rendered in whatever process is free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Hashes
from dedup.cluster.canonical import ArticleMetadata
from dedup.cluster.linkage import Group
from dedup.config import Config, VerifyConfig, recipe_of
from dedup.corpus.files import (
    ArticleLine,
    ArticleOutcome,
    ArticleStatus,
    encode_lines,
    line_of,
    write_body,
    write_json,
    write_lines,
)
from dedup.corpus.page_log import PageRanges, Removed, StrippedPage
from dedup.corpus.read_and_strip import ReadCounts
from dedup.corpus.search import Findings
from dedup.corpus.spool import Spool
from dedup.corpus.workspace import KEPT, CleanOptions, Run
from dedup.match.evidence import explain_pairs
from dedup.match.verify import Pairs
from dedup.parallel import WorkerPool
from dedup.progress import Advance, Progress
from dedup.records import Cluster
from dedup.version import __version__

# Packages whose version can change what is found.
_VERSIONED = ("datasketch", "numba", "numpy", "py3langid", "trafilatura", "wordfreq", "xxhash")

# What each `--drop` level leaves out of the kept bodies. With `--keep-embedded` no article has the
# status "embedded".
_LEFT_OUT: dict[str, tuple[ArticleStatus, ...]] = {
    "nothing": ("empty", "embedded"),
    "copies": ("empty", "embedded", "copy"),
    "stories": ("empty", "embedded", "copy", "rewrite"),
}


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to: `summary.json`."""

    counts: dict[str, int]
    matches: dict[str, int]  # by relation
    removed_characters: dict[str, int]  # by kind of paratext
    warnings: list[str]
    seconds: dict[str, float]  # by stage
    recipe: dict[str, Any]
    versions: dict[str, str]


def publish_run(  # what there is to tell
    run: Run,
    worker_pool: WorkerPool,
    read_counts: ReadCounts,
    findings: Findings,
    config: Config,
    options: CleanOptions,
    progress: Progress,
) -> Summary:
    """Write every file of the run to its work folder."""
    outcomes = decide_outcomes(findings, keep_embedded=options.keep_embedded)
    with progress.stage("explain", len(findings.related.pairs.left)) as advance:
        matches = _write_matches(run, worker_pool, findings, config, advance)
    with progress.stage("write", len(run.spool)) as advance:
        removed, unwritten = _write_pages(run, worker_pool, findings, outcomes, options, advance)
        write_lines(run.new / "clusters.jsonl", [*findings.copies, *findings.stories])
        write_lines(run.new / "rejected.jsonl", read_counts.rejected)
    summary = Summary(
        counts=_count(read_counts, findings, outcomes, options),
        matches=dict(sorted(matches.items())),
        removed_characters=dict(sorted(removed.items())),
        warnings=[*_warnings(findings), *unwritten],
        seconds=progress.seconds(),
        recipe=recipe_of(config),
        versions={"dedup": __version__, **{name: version(name) for name in _VERSIONED}},
    )
    write_json(run.new / "summary.json", summary)
    return summary


def _write_matches(
    run: Run, worker_pool: WorkerPool, findings: Findings, config: Config, advance: Advance
) -> Counter[str]:
    relations: Counter[str] = Counter()
    batches = batch_pairs(findings.related.pairs, run.spool)
    render = partial(render_matches, config=config.verify)
    with (run.new / "matches.jsonl").open("wb") as file:
        for batch, explained in worker_pool.share(render, batches, weigh_pairs):
            file.write(explained.lines)
            relations += explained.relations
            advance(len(batch.pairs.left))
    return relations


def _write_pages(  # as above
    run: Run,
    worker_pool: WorkerPool,
    findings: Findings,
    outcomes: Sequence[ArticleOutcome],
    options: CleanOptions,
    advance: Advance,
) -> tuple[Counter[str], list[str]]:
    """Returns the characters removed by kind, and the bodies that could not be written, and why."""
    characters: Counter[str] = Counter()
    unwritten: list[str] = []
    sketches = findings.sketched.sketches
    batches = batch_pages(run.spool, outcomes, sketches.words.tolist(), sketches.digests)
    render = partial(render_pages, kept=run.new / KEPT, left_out=_LEFT_OUT[options.drop])
    with (
        (run.new / "articles.jsonl").open("wb") as articles,
        (run.new / "removed.jsonl").open("wb") as removed,
    ):
        for batch, rendered in worker_pool.share(render, batches, weigh_pages):
            articles.write(rendered.articles)
            removed.write(rendered.removed)
            characters += rendered.characters
            unwritten += rendered.unwritten
            advance(len(batch.outcomes))
    return characters, unwritten


def decide_outcomes(findings: Findings, *, keep_embedded: bool = False) -> list[ArticleOutcome]:
    """What became of each article, by row."""
    metadata = findings.sketched.metadata
    copies = _clusters_by_row(findings.related.copies, findings.copies)
    stories = _clusters_by_row(findings.related.stories, findings.stories)
    words = findings.sketched.sketches.words.tolist()
    outcomes = []
    for row, described in enumerate(metadata):
        cluster, story = copies.get(row), stories.get(row)
        status = _status(described, words[row], cluster, story, keep_embedded=keep_embedded)
        stead = {"copy": cluster, "rewrite": story}.get(status)
        outcomes.append(
            ArticleOutcome(
                status=status,
                copies=cluster.id if cluster else None,
                story=story.id if story else None,
                canonical=stead.canonical if stead else None,
            )
        )
    return outcomes


def _clusters_by_row(groups: Sequence[Group], clusters: Sequence[Cluster]) -> dict[int, Cluster]:
    return {
        row: cluster
        for group, cluster in zip(groups, clusters, strict=True)
        for row in group.members
    }


def _status(
    described: ArticleMetadata,
    words: int,
    copies: Cluster | None,
    story: Cluster | None,
    *,
    keep_embedded: bool,
) -> ArticleStatus:
    if not words:
        return "empty"
    if described.kind == "embedded" and not keep_embedded:
        return "embedded"
    if copies and copies.canonical != described.id:
        return "copy"
    if story and story.canonical != described.id:
        return "rewrite"
    return "kept"


def _count(
    read_counts: ReadCounts,
    findings: Findings,
    outcomes: Sequence[ArticleOutcome],
    options: CleanOptions,
) -> dict[str, int]:
    statuses = Counter(outcome.status for outcome in outcomes)
    kinds = Counter(described.kind for described in findings.sketched.metadata)
    left_out = _LEFT_OUT[options.drop]
    return {
        "pages": read_counts.pages,
        "rejected": len(read_counts.rejected),
        "articles": kinds["main"],
        "embedded": kinds["embedded"],
        "empty": statuses["empty"],
        "copies": statuses["copy"],
        "clusters_of_copies": len(findings.copies),
        "rewrites": statuses["rewrite"],
        "stories": len(findings.stories),
        "kept": sum(n for status, n in statuses.items() if status not in left_out),
        "capped_buckets": findings.related.capped,
    }


def _warnings(findings: Findings) -> list[str]:
    sketches = findings.sketched.sketches
    unweighed = int(((sketches.words > 0) & (sketches.features.lengths == 0)).sum())
    if not unweighed:
        return []
    why = "of common words only, or in a script without spaces whose words have no list"
    return [f"{unweighed} articles {why}: no rewrites sought"]


_PAIRS = 1024  # explained at a time: of few articles each read once
_PAGES = 1024  # written at a time
_PAIR_WEIGHT = 1000  # explaining a pair takes as long as stripping so many characters
_PAGE_WEIGHT = 100


class PairBatch(NamedTuple):
    """Pairs to explain, and where their articles are."""

    pairs: Pairs
    rows: NDArray[np.int64]  # every row of the pairs, once
    places: PageRanges  # of the page of each
    within: NDArray[np.int64]  # which of its page's articles it is


class Explained(NamedTuple):
    """Lines of `matches.jsonl`."""

    lines: bytes
    relations: Counter[str]


class PageBatch(NamedTuple):
    """Pages to write, and what the search says of their articles, in order."""

    places: PageRanges
    outcomes: Sequence[ArticleOutcome]
    words: Sequence[int]
    digests: Hashes


class Rendered(NamedTuple):
    """Lines of `articles.jsonl` and `removed.jsonl`."""

    articles: bytes
    removed: bytes
    characters: Counter[str]  # removed, by kind
    unwritten: list[str]  # bodies that could not be written, and why


def batch_pairs(pairs: Pairs, spool: Spool) -> Iterator[PairBatch]:
    """The pairs in parts, each with all that explaining them needs."""
    numbers = np.arange(len(pairs.left))
    for start in range(0, len(numbers), _PAIRS):
        part = pairs.where(numbers[start : start + _PAIRS])
        rows = np.unique(np.concatenate([part.left, part.right])).astype(np.int64)
        yield PairBatch(part, rows, *spool.place_rows(rows))


def weigh_pairs(batch: PairBatch) -> int:
    """How long a batch of pairs takes, in characters (`share`)."""
    return _PAIR_WEIGHT * len(batch.pairs.left)


def render_matches(batch: PairBatch, config: VerifyConfig) -> Explained:
    """The matches of these pairs."""
    pages = zip(batch.places.read_bodies(), batch.within.tolist(), strict=True)
    articles = dict(zip(batch.rows.tolist(), (p.articles[k] for p, k in pages), strict=True))
    matches = list(explain_pairs(batch.pairs, articles, config))
    return Explained(encode_lines(matches), Counter(match.relation.value for match in matches))


def batch_pages(
    spool: Spool, outcomes: Sequence[ArticleOutcome], words: Sequence[int], digests: Hashes
) -> Iterator[PageBatch]:
    """The pages in parts, each with what the search says of its articles."""
    for places, rows in spool.place_parts(_PAGES):
        yield PageBatch(places, outcomes[rows], words[rows], digests[rows])


def weigh_pages(batch: PageBatch) -> int:
    """How long a batch of pages takes, in characters (`share`)."""
    return _PAGE_WEIGHT * len(batch.outcomes)


def render_pages(batch: PageBatch, kept: Path, left_out: Sequence[ArticleStatus]) -> Rendered:
    """The lines of these pages; bodies of pages that were files go to files below `kept`."""
    lines: list[ArticleLine] = []
    removed: list[Removed] = []
    unwritten: list[str] = []
    characters: Counter[str] = Counter()
    row = 0
    for page in batch.places.read_pages():
        own = batch.outcomes[row : row + len(page.articles)]
        for article, outcome in zip(page.articles, own, strict=True):
            high, low = batch.digests[row].tolist()
            lines.append(line_of(article, batch.words[row], f"{high:016x}{low:016x}", outcome))
            row += 1
        removed += page.removed
        if page.is_file:
            unwritten += _write_bodies(kept, page, own, left_out)
    for span in removed:
        characters[span.kind.value] += span.end - span.start
    return Rendered(encode_lines(lines), encode_lines(removed), characters, unwritten)


def _write_bodies(
    folder: Path,
    page: StrippedPage,
    outcomes: Sequence[ArticleOutcome],
    left_out: Sequence[ArticleStatus],
) -> Iterator[str]:
    for article, outcome in zip(page.articles, outcomes, strict=True):
        if outcome.status in left_out:
            continue
        try:
            write_body(folder, article.id, article.text)
        except OSError as error:
            yield f"{article.id}: body not written: {error.strerror or error}"
