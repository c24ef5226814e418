"""The whole search for duplicates: from sketches to relations to named clusters.

The order is a rule: sketch, propose, verify, cluster. Copies first; then one article of each set
of copies looks for its story. A corpus with known outlets is searched a second time, without the
lines that its outlets repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dedup.arrays import Days, Rows
from dedup.cluster.canonical import ArticleMetadata
from dedup.cluster.copies import cluster_copies
from dedup.cluster.cover import Cover
from dedup.cluster.linkage import Group
from dedup.cluster.stories import cluster_stories
from dedup.config import Config, VerifyConfig
from dedup.corpus.boilerplate import trim_boilerplate
from dedup.corpus.sketching import SketchedCorpus, resketch_rows, sketch_corpus
from dedup.corpus.spool import Spool
from dedup.match.document_frequency import CorpusWeights, weigh_in_corpus
from dedup.match.evidence import compare_rows
from dedup.match.lsh import Candidates, propose_near, propose_passages
from dedup.match.story_candidates import propose_stories
from dedup.match.verify import (
    Pairs,
    group_exact,
    join_pairs,
    score_pairs,
    verify_copies,
    verify_exact,
    verify_rewrites,
)
from dedup.progress import Progress
from dedup.records import Article, Cluster, ClusterLevel, Comparison, Relation, Tie
from dedup.sketch.columns import Sketches
from dedup.text.dates import are_apart, list_days, when_published


class Findings(NamedTuple):
    """A finished search, ready to be written."""

    sketched: SketchedCorpus
    related: Related
    copies: list[Cluster]
    stories: list[Cluster]
    covers: Sequence[Cover] = ()  # of each of `copies`, once it is known what is kept

    def story_by_id(self) -> dict[str, str]:
        """For each article in a cluster its story, or its copies where they are in no story."""
        clusters = (*self.copies, *self.stories)
        return {member: cluster.id for cluster in clusters for member in cluster.members}


def name_findings(sketched: SketchedCorpus, related: Related) -> Findings:
    """The findings with their clusters named."""
    copies = name_clusters(related.copies, "copies", sketched.metadata)
    stories = name_clusters(related.stories, "story", sketched.metadata)
    return Findings(sketched, related, copies, stories)


class Related(NamedTuple):
    """What was found, by row numbers."""

    pairs: Pairs  # excerpts are still to be settled on the texts
    copies: list[Group]
    stories: list[Group]  # of the canonical articles of copies
    corpus_weights: CorpusWeights  # what the features of the sketches weigh in this corpus
    capped: int  # buckets that were too full to propose all their pairs


class Copied(NamedTuple):
    """The copies of a corpus, by row numbers."""

    firsts: Rows  # for each row the first with the same body
    alike: Pairs  # of distinct bodies: near, contains, and what may be an excerpt
    groups: list[Group]
    capped: int  # buckets that were too full to propose all their pairs


def relate_articles(sketched: SketchedCorpus, config: Config, workers: int = 1) -> Related:
    """Every verified pair, the copies and the stories of a corpus."""
    sketches, metadata, folder = sketched
    firsts, alike, copies, capped = relate_copies(sketched, config, workers)
    representatives = _representatives(sketched, copies)
    path = folder / "recounted" if folder else None
    corpus_weights = weigh_in_corpus(sketches, representatives, config.document_frequency, path)
    candidates = propose_stories(sketches, representatives, config.candidates, workers)
    days = list_days(described.published for described in metadata)
    window = config.verify.rewrite_days
    tied = keep_near(candidates.left, candidates.right, days, window)
    rewrites = verify_rewrites(sketches, corpus_weights, *tied, config.verify, workers)
    alike = _by_representative(
        score_pairs(alike, sketches, corpus_weights, workers), firsts, representatives
    )
    pairs = _settle(verify_exact(sketches, firsts), alike, rewrites, representatives)
    told = _telling(pairs, representatives, config.verify)
    stories = cluster_stories(told, copies, sketches, corpus_weights, metadata, config)
    stories = _with_copies(stories, copies)
    return Related(pairs, copies, stories, corpus_weights, capped + candidates.capped)


def keep_near(left: Rows, right: Rows, days: Days, window: int) -> tuple[Rows, Rows]:
    """The pairs of rows that may be rewrites: not known to lie over `window` days apart."""
    near = ~are_apart(days, left, right, window)
    return left[near], right[near]


def relate_copies(sketched: SketchedCorpus, config: Config, workers: int = 1) -> Copied:
    """The copies of a corpus."""
    sketches, metadata, _ = sketched
    firsts = group_exact(sketches)
    bodies = _distinct_bodies(sketches, firsts)
    near = propose_near(sketches, bodies, config.candidates, config.verify.min_jaccard, workers)
    passages = propose_passages(sketches, bodies, config.candidates, workers)
    alike = verify_copies(sketches, *_unite(near, passages), config, workers)
    groups = cluster_copies(alike, firsts, sketches, metadata, config)
    return Copied(firsts, alike, groups, near.capped + passages.capped)


def _distinct_bodies(sketches: Sketches, firsts: Rows) -> Rows:
    """One row for each body that is not empty: an empty shingle set matches nothing."""
    own = (firsts == np.arange(len(firsts))) & (sketches.words > 0)
    return np.flatnonzero(own).astype(np.uint32)


def _unite(*parts: Candidates) -> tuple[Rows, Rows]:
    packed = [(p.left.astype(np.uint64) << np.uint64(32)) | p.right for p in parts]
    pairs = np.unique(np.concatenate(packed))
    return (pairs >> np.uint64(32)).astype(np.uint32), pairs.astype(np.uint32)


def _representatives(sketched: SketchedCorpus, copies: list[Group]) -> Rows:
    """The rows that look for their story: canonical ones, and those without copies.

    Not the pages whose stripping raised a warning: an index page would bridge what it lists.
    """
    warned = np.array([described.warned for described in sketched.metadata], dtype=np.bool_)
    speaks = (sketched.sketches.words > 0) & ~warned
    for group in copies:
        speaks[list(group.members)] = False
        speaks[group.canonical] = not warned[group.canonical]
    return np.flatnonzero(speaks).astype(np.uint32)


def _by_representative(pairs: Pairs, firsts: Rows, representatives: Rows) -> Pairs:
    """The pairs, each body named by the row that speaks for it, not by the first of its twins."""
    spoken_by = np.arange(len(firsts), dtype=np.uint32)
    later_first = representatives[::-1]  # of several twins that speak, as stubs do, the first
    spoken_by[firsts[later_first]] = later_first
    left, right = spoken_by[pairs.left], spoken_by[pairs.right]
    return pairs._replace(left=np.minimum(left, right), right=np.maximum(left, right))


def _settle(exact: Pairs, alike: Pairs, rewrites: Pairs, representatives: Rows) -> Pairs:
    """One relation a pair: copies, else rewrite, else excerpt; excerpts between speakers only."""
    excerpt = alike.relation == Relation.EXCERPT
    told = _packed(rewrites)
    spoken = np.isin(alike.left, representatives) & np.isin(alike.right, representatives)
    kept = ~excerpt | (spoken & ~np.isin(_packed(alike), told))
    copies = np.concatenate([_packed(exact), _packed(alike.where(~excerpt))])
    return join_pairs([exact, alike.where(kept), rewrites.where(~np.isin(told, copies))])


def _with_copies(stories: list[Group], copies: list[Group]) -> list[Group]:
    """Each story with the copies of its members: everything that tells it."""
    members_of = {group.canonical: group.members for group in copies}
    return [
        story._replace(
            members=tuple(sorted(m for row in story.members for m in members_of.get(row, (row,))))
        )
        for story in stories
    ]


def _telling(pairs: Pairs, representatives: Rows, config: VerifyConfig) -> Pairs:
    """The pairs of speakers that tell one story: rewrites, and copies kept apart by a guard."""
    told = (pairs.relation != Relation.EXCERPT) & (pairs.story_score >= config.min_story_score)
    return pairs.where(
        told & np.isin(pairs.left, representatives) & np.isin(pairs.right, representatives)
    )


def _packed(pairs: Pairs) -> Rows:
    return (pairs.left.astype(np.uint64) << np.uint64(32)) | pairs.right


def compare_articles(left: Article, right: Article, config: Config) -> Comparison:
    """What two articles share, and the strongest relation that makes; they are the corpus."""
    sketches = sketch_corpus([left, right], config.sketch).sketches
    both = np.array([0, 1], dtype=np.uint32)
    corpus_weights = weigh_in_corpus(sketches, both, config.document_frequency)
    return compare_rows((left, right), (0, 1), sketches, corpus_weights, config)


def name_clusters(
    groups: Sequence[Group], level: ClusterLevel, metadata: Sequence[ArticleMetadata]
) -> list[Cluster]:
    """Groups of rows as clusters of ids, named after their canonical article."""
    return [_name_cluster(group, level, metadata) for group in groups]


def _name_cluster(
    group: Group, level: ClusterLevel, metadata: Sequence[ArticleMetadata]
) -> Cluster:
    members = [metadata[row] for row in group.members]
    left, right, relation, score = group.weakest
    canonical = metadata[group.canonical].id
    dates = sorted((m.published for m in members if m.published), key=when_published)
    return Cluster(
        id=f"{level}:{canonical}",
        level=level,
        canonical=canonical,
        rule=group.rule,
        members=tuple(sorted(member.id for member in members)),
        weakest=Tie(metadata[left].id, metadata[right].id, relation, round(score, 4)),
        outlets=tuple(sorted({name for member in members for name in member.names})),
        first_published=dates[0] if dates else None,
    )


def search_articles(
    sketched: SketchedCorpus, config: Config, workers: int, progress: Progress
) -> Findings:
    """What is found among articles as they are."""
    with progress.stage("find"):
        return name_findings(sketched, relate_articles(sketched, config, workers))


def search_spool(
    spool: Spool,
    sketched: SketchedCorpus,
    folder: Path,
    config: Config,
    workers: int,
    progress: Progress,
) -> Findings:
    """What is found without the lines that outlets repeat: they make false matches, hide true.

    The spool's pages are trimmed; the sketches of those that changed go to `folder`, made anew.
    """
    findings = search_articles(sketched, config, workers, progress)
    if not config.strip.boilerplate or config.strip.mode == "off":
        return findings
    if not any(s.names for s in sketched.metadata if s.kind == "main"):  # no outlet is known
        return findings
    with progress.stage("take off boilerplate"):
        rows = np.flatnonzero(trim_boilerplate(spool, findings.story_by_id()))
    if not len(rows):
        return findings
    with progress.stage("sketch"):
        changed = spool.select(rows)
        sketched = resketch_rows(findings.sketched, changed, rows, config.sketch, workers, folder)
    return search_articles(sketched, config, workers, progress)
