"""Publish: a finished search as the files of its run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from typing import Any, NamedTuple

import msgspec

from dedup.analyse import Analysed
from dedup.choose import Standing
from dedup.cluster import Group
from dedup.config import Config, recipe_of
from dedup.harvest import Harvest
from dedup.records import Cluster
from dedup.relate import Related, name_clusters
from dedup.render import (
    batch_pages,
    batch_pairs,
    render_matches,
    render_pages,
    weigh_pages,
    weigh_pairs,
)
from dedup.run import KEPT, CleanOptions, Run
from dedup.share import Crew
from dedup.version import __version__
from dedup.watch import Told, Watch
from dedup.write import ArticleStatus, Fate, write_json, write_lines

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


def publish_run(  # noqa: PLR0913, PLR0917  # what there is to tell
    run: Run,
    crew: Crew,
    harvest: Harvest,
    findings: Findings,
    config: Config,
    options: CleanOptions,
    watch: Watch,
) -> Summary:
    """Write every file of the run to its work folder."""
    fates = decide_fates(findings, keep_embedded=options.keep_embedded)
    with watch.stage("explain", len(findings.related.pairs.left)) as told:
        matches = _write_matches(run, crew, findings, config, told)
    with watch.stage("write", len(run.spool)) as told:
        removed, unwritten = _write_pages(run, crew, findings, fates, options, told)
        write_lines(run.new / "clusters.jsonl", [*findings.copies, *findings.stories])
        write_lines(run.new / "rejected.jsonl", harvest.rejected)
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
    return summary


def _write_matches(
    run: Run, crew: Crew, findings: Findings, config: Config, told: Told
) -> Counter[str]:
    relations: Counter[str] = Counter()
    batches = batch_pairs(findings.related.pairs, run.spool)
    render = partial(render_matches, config=config.verify)
    with (run.new / "matches.jsonl").open("wb") as file:
        for batch, explained in crew.share(render, batches, weigh_pairs):
            file.write(explained.lines)
            relations += explained.relations
            told(len(batch.pairs.left))
    return relations


def _write_pages(  # as above
    run: Run,
    crew: Crew,
    findings: Findings,
    fates: Sequence[Fate],
    options: CleanOptions,
    told: Told,
) -> tuple[Counter[str], list[str]]:
    """Returns the characters removed by kind, and the bodies that could not be written, and why."""
    characters: Counter[str] = Counter()
    unwritten: list[str] = []
    sketches = findings.analysed.sketches
    batches = batch_pages(run.spool, fates, sketches.words.tolist(), sketches.digests)
    render = partial(render_pages, kept=run.new / KEPT, left_out=_LEFT_OUT[options.drop])
    with (
        (run.new / "articles.jsonl").open("wb") as articles,
        (run.new / "removed.jsonl").open("wb") as removed,
    ):
        for batch, rendered in crew.share(render, batches, weigh_pages):
            articles.write(rendered.articles)
            removed.write(rendered.removed)
            characters += rendered.characters
            unwritten += rendered.unwritten
            told(len(batch.fates))
    return characters, unwritten


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
    why = "of common words only, or in a script without spaces whose words have no list"
    return [f"{unweighed} articles {why}: no rewrites sought"]
