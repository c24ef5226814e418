"""What is kept and what is dropped: the covers of the copies, and what becomes of each article.

In: a finished search and its corpus. Out: the same with versions named and every copy tied to a
kept article; then a status for each row; then the words that are lost, counted from the shingles
and texts of what was dropped and of what was kept, whatever the cover said. Start with
`retain_articles`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import chain

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Hashes, Rows
from dedup.cluster.cover import Cover, cover_groups
from dedup.cluster.linkage import Group
from dedup.config import Config, DropLevel, SketchConfig
from dedup.corpus.files import ArticleOutcome, ArticleStatus
from dedup.corpus.search import Findings
from dedup.corpus.sketching import SketchedCorpus
from dedup.corpus.spool import Spool
from dedup.match.verify import Pairs, join_pairs, score_pairs, verify_pairs
from dedup.records import Cluster, Corpus, Relation
from dedup.sketch.build import order_texts
from dedup.sketch.columns import Sketches
from dedup.sketch.shingles import find_lost

_TEXTS = 1024  # read at a time

# What each `--drop` level leaves out of the kept bodies. With `--keep-embedded` no article has the
# status "embedded".
LEFT_OUT: dict[DropLevel, tuple[ArticleStatus, ...]] = {
    "nothing": ("empty", "embedded"),
    "copies": ("empty", "embedded", "copy"),
    "versions": ("empty", "embedded", "copy", "version"),
    "stories": ("empty", "embedded", "copy", "version", "rewrite"),
}


def retain_articles(
    findings: Findings, corpus: Corpus | None, config: Config, *, keep_embedded: bool = False
) -> Findings:
    """The findings with the covers of their copies, whose versions are named in the clusters.

    Each dropped copy has a match with a kept article. `corpus` None: bodies are not stored.
    """
    sketched, related = findings.sketched, findings.related
    may_drop = _find_droppable(sketched, keep_embedded=keep_embedded)

    def texts_of(rows: NDArray[np.int64]) -> Iterator[str | None]:
        return read_texts(corpus, rows)

    known = np.array([one.known for one in sketched.metadata], dtype=np.bool_)
    covers = cover_groups(related.copies, sketched.sketches, may_drop, texts_of, config, known)
    pairs = _tie_copies(related.pairs, covers, findings, config)
    metadata = sketched.metadata
    copies = [
        msgspec.structs.replace(cluster, versions=tuple(metadata[row].id for row in cover.versions))
        for cluster, cover in zip(findings.copies, covers, strict=True)
    ]
    return findings._replace(related=related._replace(pairs=pairs), copies=copies, covers=covers)


def read_texts(corpus: Corpus | None, rows: NDArray[np.int64]) -> Iterator[str | None]:
    """The bodies of these rows; None for each where bodies are not stored."""
    if isinstance(corpus, Spool):
        yield from (article.text for article in corpus.select(rows))
    else:
        yield from (corpus[row].text if corpus else None for row in rows.tolist())


def _find_droppable(sketched: SketchedCorpus, *, keep_embedded: bool) -> NDArray[np.bool_]:
    """Which rows may be dropped as copies: not those in doubt, nor those dropped anyway."""
    metadata = sketched.metadata
    main = np.array([keep_embedded or one.kind == "main" for one in metadata], dtype=np.bool_)
    doubted = np.array([one.warned for one in metadata], dtype=np.bool_)
    doubted &= ~_find_repeated(sketched)
    droppable: NDArray[np.bool_] = main & ~doubted & (sketched.sketches.words > 0)
    return droppable


def _find_repeated(sketched: SketchedCorpus) -> NDArray[np.bool_]:
    """Which rows have the very body of an article that is known: of these no doubt is left."""
    digests = [tuple(pair) for pair in sketched.sketches.digests.tolist()]
    known = {digests[row] for row, one in enumerate(sketched.metadata) if one.known}
    return np.array([digest in known for digest in digests], dtype=np.bool_)


def _tie_copies(pairs: Pairs, covers: Sequence[Cover], findings: Findings, config: Config) -> Pairs:
    """The pairs with one of each dropped copy and the kept article that has most of it.

    Pairs of one body that are both dropped are left out: each has its own with a kept one.
    """
    covered = chain.from_iterable(cover.covered_by.items() for cover in covers)
    ties = np.array([(row, homes[0]) for row, homes in covered], dtype=np.uint32).reshape(-1, 2)
    dropped = np.zeros(len(findings.sketched.metadata), dtype=np.bool_)
    dropped[ties[:, 0]] = True
    idle = (pairs.relation == Relation.EXACT) & dropped[pairs.left] & dropped[pairs.right]
    pairs = pairs.where(~idle)
    left, right = ties.min(axis=1), ties.max(axis=1)
    new = ~np.isin(_packed(left, right), _packed(pairs.left, pairs.right))
    sketches, corpus_weights = findings.sketched.sketches, findings.related.corpus_weights
    tied = verify_pairs(sketches, left[new], right[new], config)
    return join_pairs([pairs, score_pairs(tied, sketches, corpus_weights)])


def _packed(left: Rows, right: Rows) -> Hashes:
    packed: Hashes = (left.astype(np.uint64) << np.uint64(32)) | right
    return packed


def decide_outcomes(findings: Findings, *, keep_embedded: bool = False) -> list[ArticleOutcome]:
    """What became of each article, by row."""
    metadata = findings.sketched.metadata
    copies = _clusters_by_row(findings.related.copies, findings.copies)
    stories = _clusters_by_row(findings.related.stories, findings.stories)
    versions = set(chain.from_iterable(cover.versions for cover in findings.covers))
    covered_by = {
        row: homes for cover in findings.covers for row, homes in cover.covered_by.items()
    }
    words = findings.sketched.sketches.words.tolist()
    outcomes = []
    for row, described in enumerate(metadata):
        cluster, story = copies.get(row), stories.get(row)
        if described.known:
            status: ArticleStatus = "known"
        elif not words[row]:
            status = "empty"
        elif described.kind == "embedded" and not keep_embedded:
            status = "embedded"
        elif row in covered_by:
            status = "copy"
        elif row in versions:
            status = "version"
        elif described.warned or not story or story.canonical == described.id:
            status = "kept"
        else:
            status = "rewrite"
        stead = {"copy": cluster, "version": cluster, "rewrite": story}.get(status)
        outcomes.append(
            ArticleOutcome(
                status=status,
                copies=cluster.id if cluster else None,
                story=story.id if story else None,
                canonical=stead.canonical if stead else None,
                covered_by=tuple(metadata[home].id for home in covered_by.get(row, ())),
            )
        )
    return outcomes


def _clusters_by_row(groups: Sequence[Group], clusters: Sequence[Cluster]) -> dict[int, Cluster]:
    return {
        row: cluster
        for group, cluster in zip(groups, clusters, strict=True)
        for row in group.members
    }


class DroppedWords(msgspec.Struct, frozen=True):
    """The words of the articles of one status that were left out."""

    articles: int
    words: int
    lost: int  # of the words: those that no kept article of the same set, or story, has


def count_lost_words(
    outcomes: Sequence[ArticleOutcome],
    left_out: Collection[ArticleStatus],
    sketches: Sketches,
    corpus: Corpus,
    config: SketchConfig,
) -> dict[str, DroppedWords]:
    """The words dropped and lost, by the status of the articles that are left out."""
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for row, outcome in enumerate(outcomes):
        if outcome.status in left_out and outcome.status != "empty":
            counts[outcome.status][0] += 1
            counts[outcome.status][1] += int(sketches.words[row])
    losing = sorted(_find_losing(outcomes, left_out, sketches), key=lambda found: found[0])
    for start in range(0, len(losing), _TEXTS):
        part = losing[start : start + _TEXTS]
        for (row, _), words in zip(part, _count_words(part, corpus, config), strict=True):
            counts[outcomes[row].status][2] += words
    return {status: DroppedWords(*found) for status, found in sorted(counts.items())}


Losing = tuple[int, Rows]  # a dropped row, and the shingles of it that are lost, ascending


def _find_losing(
    outcomes: Sequence[ArticleOutcome], left_out: Collection[ArticleStatus], sketches: Sketches
) -> Iterator[Losing]:
    """The dropped rows that lose any shingle."""
    kept: defaultdict[str, list[int]] = defaultdict(list)  # rows by set and by story
    dropped: defaultdict[str | None, list[int]] = defaultdict(list)
    for row, outcome in enumerate(outcomes):
        if outcome.status not in left_out:
            for cluster in (outcome.copies, outcome.story):
                if cluster:
                    kept[cluster].append(row)
    for row, outcome in enumerate(outcomes):
        if outcome.status in left_out and outcome.status != "empty":
            found = (cluster for cluster in (outcome.copies, outcome.story) if cluster in kept)
            dropped[next(found, None)].append(row)
    for cluster, rows in dropped.items():
        shingles = [sketches.shingles[row] for row in kept[cluster]] if cluster else []
        said = np.unique(np.concatenate(shingles)) if shingles else np.empty(0, dtype=np.uint32)
        for row in rows:
            lost = np.setdiff1d(sketches.shingles[row], said, assume_unique=True)
            if len(lost):
                yield row, lost
    sketches.release()


def _count_words(part: Sequence[Losing], corpus: Corpus, config: SketchConfig) -> Iterator[int]:
    texts = list(read_texts(corpus, np.array([row for row, _ in part])))
    ordered = order_texts([text or "" for text in texts], config)
    for (_, lost), shingles in zip(part, ordered, strict=True):
        yield find_lost(shingles, lost, config.shingle_words)[0]
