"""Publish: a finished search as the files of its run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from dedup.choose import Standing
from dedup.cluster import Group
from dedup.config import Config, recipe_of
from dedup.explain import explain_pairs
from dedup.harvest import Harvest
from dedup.records import Cluster, Match
from dedup.relate import Analysed, Related, name_clusters
from dedup.run import KEPT, CleanOptions, Run
from dedup.spool import Removed, Spool, StrippedPage
from dedup.version import __version__
from dedup.watch import Told, Watch
from dedup.write import (
    ArticleLine,
    ArticleStatus,
    Fate,
    line_of,
    write_body,
    write_json,
    write_lines,
)

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


class Findings(NamedTuple):
    """A finished search, ready to be written."""

    analysed: Analysed
    related: Related
    copies: list[Cluster]
    stories: list[Cluster]

    def story_by_id(self) -> dict[str, str]:
        """For each article in a cluster its story, or its copies where they are in no story."""
        clusters = (*self.copies, *self.stories)
        return {member: cluster.id for cluster in clusters for member in cluster.members}


def name_findings(analysed: Analysed, related: Related) -> Findings:
    """The findings with their clusters named."""
    copies = name_clusters(related.copies, "copies", analysed.standings)
    stories = name_clusters(related.stories, "story", analysed.standings)
    return Findings(analysed, related, copies, stories)


def publish_run(
    run: Run,
    harvest: Harvest,
    findings: Findings,
    config: Config,
    options: CleanOptions,
    watch: Watch,
) -> Summary:
    """Write every file of the run, and put them in place when all are there."""
    pairs = findings.related.pairs
    fates = decide_fates(findings, keep_embedded=options.keep_embedded)
    with watch.stage("explain", len(pairs.left)) as told:
        matches: Counter[str] = Counter()
        explained = explain_pairs(pairs, run.spool, config.verify, told)
        write_lines(run.new / "matches.jsonl", _counted(explained, matches))
    with watch.stage("write", len(run.spool)) as told:
        removed: Counter[str] = Counter()
        write_lines(run.new / "removed.jsonl", _removed_lines(run.spool, removed))
        write_lines(run.new / "articles.jsonl", _article_lines(run.spool, findings, fates, told))
        write_lines(run.new / "clusters.jsonl", [*findings.copies, *findings.stories])
        write_lines(run.new / "rejected.jsonl", harvest.rejected)
        unwritten = _write_bodies(run, fates, options)
    summary = Summary(
        counts=_count(harvest, findings, fates, options),
        matches=dict(sorted(matches.items())),
        removed_characters=dict(sorted(removed.items())),
        warnings=[*_warnings(findings), *unwritten],
        seconds=watch.seconds(),
        recipe=recipe_of(config),
        versions={"dedup": __version__, **{name: version(name) for name in _VERSIONED}},
    )
    write_json(run.new / "summary.json", summary)
    run.finish()
    return summary


def decide_fates(findings: Findings, *, keep_embedded: bool = False) -> list[Fate]:
    """What became of each article, by row."""
    standings = findings.analysed.standings
    copies = _clusters_by_row(findings.related.copies, findings.copies)
    stories = _clusters_by_row(findings.related.stories, findings.stories)
    words = findings.analysed.sketches.words.tolist()
    fates = []
    for row, standing in enumerate(standings):
        cluster, story = copies.get(row), stories.get(row)
        status = _status(standing, words[row], cluster, story, keep_embedded=keep_embedded)
        stead = {"copy": cluster, "rewrite": story}.get(status)
        fates.append(
            Fate(
                status=status,
                copies=cluster.id if cluster else None,
                story=story.id if story else None,
                canonical=stead.canonical if stead else None,
            )
        )
    return fates


def _clusters_by_row(groups: Sequence[Group], clusters: Sequence[Cluster]) -> dict[int, Cluster]:
    return {
        row: cluster
        for group, cluster in zip(groups, clusters, strict=True)
        for row in group.members
    }


def _status(
    standing: Standing,
    words: int,
    copies: Cluster | None,
    story: Cluster | None,
    *,
    keep_embedded: bool,
) -> ArticleStatus:
    if not words:
        return "empty"
    if standing.kind == "embedded" and not keep_embedded:
        return "embedded"
    if copies and copies.canonical != standing.id:
        return "copy"
    if story and story.canonical != standing.id:
        return "rewrite"
    return "kept"


def _counted(matches: Iterable[Match], counter: Counter[str]) -> Iterator[Match]:
    for match in matches:
        counter[match.relation] += 1
        yield match


def _removed_lines(spool: Spool, characters: Counter[str]) -> Iterator[Removed]:
    for page in spool.pages():
        for removed in page.removed:
            characters[removed.kind] += removed.end - removed.start
            yield removed


def _article_lines(
    spool: Spool, findings: Findings, fates: Sequence[Fate], told: Told
) -> Iterator[ArticleLine]:
    sketches = findings.analysed.sketches
    for row, article in enumerate(spool):
        high, low = sketches.digests[row].tolist()
        yield line_of(article, int(sketches.words[row]), f"{high:016x}{low:016x}", fates[row])
        told(1)


def _write_bodies(run: Run, fates: Sequence[Fate], options: CleanOptions) -> list[str]:
    """Write the kept bodies of pages that were files; returns what could not be, and why."""
    unwritten: list[str] = []
    row = 0
    for page in run.spool.pages():
        own = fates[row : row + len(page.articles)]
        row += len(page.articles)
        if page.is_file:
            unwritten += _write_page_bodies(run.new / KEPT, page, own, options)
    return unwritten


def _write_page_bodies(
    folder: Path, page: StrippedPage, fates: Sequence[Fate], options: CleanOptions
) -> Iterator[str]:
    left_out = _LEFT_OUT[options.drop]
    for article, fate in zip(page.articles, fates, strict=True):
        if fate.status in left_out:
            continue
        try:
            write_body(folder, article.id, article.text)
        except OSError as error:
            yield f"{article.id}: body not written: {error.strerror or error}"


def _count(
    harvest: Harvest, findings: Findings, fates: Sequence[Fate], options: CleanOptions
) -> dict[str, int]:
    statuses = Counter(fate.status for fate in fates)
    kinds = Counter(standing.kind for standing in findings.analysed.standings)
    left_out = _LEFT_OUT[options.drop]
    return {
        "pages": harvest.pages,
        "rejected": len(harvest.rejected),
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
    sketches = findings.analysed.sketches
    unweighed = int(((sketches.words > 0) & (sketches.features.lengths == 0)).sum())
    if not unweighed:
        return []
    return [
        f"{unweighed} articles of no known language, or of common words only: no rewrites sought"
    ]
