"""A finished search as the files of its run. Their lines are rendered by `rendering`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from typing import Any

import msgspec

from dedup.config import Config, recipe_of
from dedup.corpus.files import (
    ArticleOutcome,
    write_json,
    write_lines,
)
from dedup.corpus.read_and_strip import ReadCounts
from dedup.corpus.rendering import (
    batch_pages,
    batch_pairs,
    batch_versions,
    find_version_changes,
    render_matches,
    render_pages,
    weigh_pages,
    weigh_pairs,
    weigh_versions,
)
from dedup.corpus.retention import (
    LEFT_OUT,
    DroppedWords,
    count_lost_words,
    decide_outcomes,
    read_texts,
)
from dedup.corpus.search import Findings
from dedup.corpus.workspace import KEPT, CleanOptions, Run
from dedup.match.quotations import gather_quotations
from dedup.parallel import WorkerPool
from dedup.progress import Advance, Progress
from dedup.version import __version__

# Packages whose version can change what is found.
_VERSIONED = ("datasketch", "numba", "numpy", "py3langid", "trafilatura", "wordfreq", "xxhash")


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to: `summary.json`."""

    counts: dict[str, int]
    matches: dict[str, int]  # by relation
    dropped_words: dict[str, DroppedWords]  # by status of the articles that are left out
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
    outcomes = _find_changes(run, worker_pool, findings, outcomes)
    with progress.stage("explain", len(findings.related.pairs.left)) as advance:
        matches = _write_matches(run, worker_pool, findings, config, advance)
    with progress.stage("write", len(run.spool)) as advance:
        removed, unwritten = _write_pages(run, worker_pool, findings, outcomes, options, advance)
        write_lines(run.new / "clusters.jsonl", [*findings.copies, *findings.stories])
        write_lines(run.new / "rejected.jsonl", read_counts.rejected)
    lost = count_lost_words(
        outcomes, LEFT_OUT[options.drop], findings.sketched.sketches, run.spool, config.sketch
    )
    summary = Summary(
        counts=_count(read_counts, findings, outcomes, options),
        matches=dict(sorted(matches.items())),
        dropped_words=lost,
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
    sketched = findings.sketched

    texts_of = partial(read_texts, run.spool)
    quotations = gather_quotations(findings.related.pairs, sketched.sketches, texts_of, config)
    batches = batch_pairs(quotations, sketched.metadata, run.spool)
    render = partial(render_matches, config=config.verify)
    with (run.new / "matches.jsonl").open("wb") as file:
        for batch, explained in worker_pool.share(render, batches, weigh_pairs):
            file.write(explained.lines)
            relations += explained.relations
            advance(len(batch.pairs.left))
    return relations


def _find_changes(
    run: Run,
    worker_pool: WorkerPool,
    findings: Findings,
    outcomes: Sequence[ArticleOutcome],
) -> list[ArticleOutcome]:
    """The outcomes with what is new in each version."""
    groups = zip(findings.related.copies, findings.covers, strict=True)
    canonical_of = {row: group.canonical for group, cover in groups for row in cover.versions}
    changed = list(outcomes)
    batches = batch_versions(canonical_of, run.spool)
    for batch, found in worker_pool.share(find_version_changes, batches, weigh_versions):
        for row, changes in zip(batch.rows.tolist(), found, strict=True):
            changed[row] = changed[row]._replace(changes=changes)
    return changed


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
    render = partial(render_pages, kept=run.new / KEPT, left_out=LEFT_OUT[options.drop])
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


def _count(
    read_counts: ReadCounts,
    findings: Findings,
    outcomes: Sequence[ArticleOutcome],
    options: CleanOptions,
) -> dict[str, int]:
    statuses = Counter(outcome.status for outcome in outcomes)
    kinds = Counter(one.kind for one in findings.sketched.metadata if not one.known)
    left_out = LEFT_OUT[options.drop]
    return {
        "pages": read_counts.pages,
        "rejected": len(read_counts.rejected),
        "articles": kinds["main"],
        "embedded": kinds["embedded"],
        "empty": statuses["empty"],
        "warned": sum(described.warned for described in findings.sketched.metadata),
        "copies": statuses["copy"],
        "versions": statuses["version"],
        "clusters_of_copies": len(findings.copies),
        "rewrites": statuses["rewrite"],
        "stories": len(findings.stories),
        "in_doubt": sum(one.warned for one in findings.sketched.metadata if not one.known),
        "kept": sum(n for status, n in statuses.items() if status not in (*left_out, "known")),
        "known": statuses["known"],
        "capped_buckets": findings.related.capped,
    }


def _warnings(findings: Findings) -> list[str]:
    sketches = findings.sketched.sketches
    unweighed = int(((sketches.words > 0) & (sketches.features.lengths == 0)).sum())
    if not unweighed:
        return []
    why = "of common words only, or in a script without spaces whose words have no list"
    return [f"{unweighed} articles {why}: no rewrites sought"]
