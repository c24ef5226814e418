"""Analyse: a tester's corpus read, stripped and searched for duplicates, once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from dedup.arrays import Rows
from dedup.cluster.copies import AcrossGroups, compare_groups
from dedup.cluster.stories import measure_cohesion
from dedup.config import DEFAULT_CONFIG, Config
from dedup.corpus.search import name_clusters, relate_articles
from dedup.corpus.sketching import sketch_corpus
from dedup.errors import InputError
from dedup.match.evidence import compare_rows
from dedup.match.overlap import LengthCoverage, measure_length_coverage, overlap_shingles
from dedup.progress import NoProgress, Progress
from dedup.read import read_pages
from dedup.records import Article, Cluster, Comparison, Page, Rejected
from dedup.strip.page import make_article
from dedup.text.dates import list_days

NO_PROGRESS = NoProgress()


class Analysis:
    """A corpus with its copies and stories; compares any two of its articles, each pair once."""

    def __init__(
        self,
        articles: Iterable[Article],
        config: Config = DEFAULT_CONFIG,
        rejected: Sequence[Rejected] = (),
        workers: int = 1,
    ) -> None:
        self.config = config
        self.rejected = tuple(rejected)
        corpus = sorted(articles, key=lambda article: article.id)
        self.articles = {article.id: article for article in corpus}
        self._rows = {article.id: row for row, article in enumerate(corpus)}
        sketched = sketch_corpus(corpus, config.sketch, workers)
        related = relate_articles(sketched, config, workers)
        self._sketches, self._corpus_weights = sketched.sketches, related.corpus_weights
        self._days = list_days(described.published for described in sketched.metadata)
        self.copies = name_clusters(related.copies, "copies", sketched.metadata)
        self.stories = name_clusters(related.stories, "story", sketched.metadata)
        self._copies_by_id = _by_member(self.copies)
        self._story_by_id = _by_member(self.stories)
        self._compared: dict[tuple[str, str], Comparison] = {}

    def article(self, article_id: str) -> Article:
        """The article of this id; raises `InputError` that names what is like it."""
        if article_id in self.articles:
            return self.articles[article_id]
        raise InputError(f"no article {article_id!r} in the corpus{self._hint(article_id)}")

    def _hint(self, article_id: str) -> str:
        page = article_id.partition("#")[0]
        refused = [found for found in self.rejected if _may_be(page, found.source)]
        if refused:
            return f": {refused[0].source}: {refused[0].reason}"
        if page in self.articles and page != article_id:
            count = len(self.articles[page].embedded)
            return f": {page!r} has {count} embedded article{'' if count == 1 else 's'}"
        close = get_close_matches(article_id, self.articles, 1, 0.5)
        return f"; did you mean {close[0]!r}?" if close else f" of {len(self.articles)} articles"

    def compare(self, left: str, right: str) -> Comparison:
        """What two articles share, whether or not the search paired them.

        The story score is of this corpus, where a word may be less rare than in the language.
        """
        pair = left, right
        if pair not in self._compared:
            articles = self.article(left), self.article(right)
            rows = self._rows[left], self._rows[right]
            self._compared[pair] = compare_rows(
                articles, rows, self._sketches, self._corpus_weights, self.config
            )
        return self._compared[pair]

    def _row(self, article_id: str) -> Rows:
        return np.array([self._rows[article_id]], dtype=np.uint32)

    def is_empty(self, article_id: str) -> bool:
        """Whether an article's body has no word."""
        return self.count_words(article_id) == 0

    def count_words(self, article_id: str) -> int:
        """The words of an article's body."""
        return int(self._sketches.words[self._row(article_id)][0])

    def measure_length_coverage(self, left: str, right: str) -> LengthCoverage:
        """How the longer of two articles is filled by the shorter."""
        rows = self._row(left), self._row(right)
        overlap = overlap_shingles(self._sketches, *rows)
        return measure_length_coverage(self._sketches, *rows, overlap.shared)

    def compare_groups(self, left: str, right: str) -> AcrossGroups:
        """How alike the copies of two articles are."""
        ours, theirs = self._copies_rows(left), self._copies_rows(right)
        return compare_groups(self._sketches, ours, theirs, self.config)

    def _copies_rows(self, article_id: str) -> list[int]:
        copies = self.copies_of(article_id)
        return [self._rows[one] for one in (copies.members if copies else (article_id,))]

    def copies_of(self, article_id: str) -> Cluster | None:
        """The copies an article is one of."""
        return self._copies_by_id.get(self.article(article_id).id)

    def story_of(self, article_id: str) -> Cluster | None:
        """The story an article tells: of copies, the one that the canonical tells for all."""
        copies = self.copies_of(article_id)
        return self._story_by_id.get(copies.canonical if copies else article_id)

    def score_across(self, left: str, right: str) -> float:
        """The mean story score between the stories of two articles."""
        ours, theirs = self._tellers(left), self._tellers(right)
        return measure_cohesion(
            self._sketches, self._corpus_weights, ours, theirs, self.config, self._days
        )

    def _tellers(self, article_id: str) -> list[int]:
        """The rows that tell an article's story, or are its copies; else its own."""
        found = self.story_of(article_id) or self.copies_of(article_id)
        return [self._rows[one] for one in (found.members if found else (article_id,))]


def _may_be(page: str, source: str) -> bool:
    """Whether a file that was not read would have been this page."""
    return f"/{source.rpartition('.')[0]}".endswith(f"/{page}")


def _by_member(clusters: Iterable[Cluster]) -> dict[str, Cluster]:
    return {member: cluster for cluster in clusters for member in cluster.members}


def analyse_corpus(
    corpus: Sequence[str | Path] | Sequence[Page],
    config: Config = DEFAULT_CONFIG,
    *,
    workers: int = 1,
    progress: Progress = NO_PROGRESS,
) -> Analysis:
    """The analysis of inputs (folders, files; see `read_pages`) or of pages.

    Of two pages with one id the first is taken and the other is among the rejected.
    Raises `InputError` where an input does not exist.
    """
    rejected: list[Rejected] = []
    articles: dict[str, Article] = {}
    with progress.stage("read and strip") as advance:
        for page in _read(corpus, config):
            advance(1)
            if isinstance(page, Rejected):
                rejected.append(page)
            elif page.id in articles:
                rejected.append(Rejected(page.source, f"a page before it has the id {page.id!r}"))
            else:
                articles[page.id] = make_article(page, config.strip)
    every = [one for article in articles.values() for one in (article, *article.embedded)]
    with progress.stage("find"):
        return Analysis(every, config, rejected, workers)


def _read(
    corpus: Sequence[str | Path] | Sequence[Page], config: Config
) -> Iterable[Page | Rejected]:
    inputs = [one for one in corpus if not isinstance(one, Page)]
    pages = [one for one in corpus if isinstance(one, Page)]
    return [*pages, *read_pages(inputs, config.read)] if pages else read_pages(inputs, config.read)
