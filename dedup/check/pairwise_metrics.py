"""Truth: how well the clusters found agree with those a tester knows, over a whole corpus.

Counted in pairs of articles (pairwise precision, recall and F1, as in the clustering literature):
a pair is found where both are in one cluster. Nothing is listed pair by pair, so that a corpus with
large clusters costs no more than its articles.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, islice
from math import comb
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import UNSET

from dedup.check.analysis import Analysis
from dedup.check.expectations import Expectations, Expected
from dedup.check.messages import describe_pair
from dedup.check.pairs_format import TruthForm
from dedup.errors import DedupError, InputError
from dedup.match.decision import describe_measure

_SHOWN = 5  # pairs of each kind of mistake
_LEVELS = ("copies", "story")
Pair = tuple[str, str]


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """Pairs found against pairs that are true, at one level of cluster; `story` has copies too."""

    level: str
    articles: int  # that the truth speaks of
    true_pairs: int
    found_pairs: int
    both: int  # found and true
    missed: tuple[Pair, ...]  # the first few
    invented: tuple[Pair, ...]

    @property
    def precision(self) -> float:
        """The share of found pairs that are true; 1 where none was found."""
        return self.both / self.found_pairs if self.found_pairs else 1.0

    @property
    def recall(self) -> float:
        """The share of true pairs that were found; 1 where there are none."""
        return self.both / self.true_pairs if self.true_pairs else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        together = self.precision + self.recall
        return 2 * self.precision * self.recall / together if together else 0.0


class Truth(NamedTuple):
    """What a tester knows: the articles it speaks of, and which belong together."""

    articles: frozenset[str]
    groups: tuple[tuple[str, ...], ...]  # of clusters: disjoint; of pairs: each pair
    is_clusters: bool


def score_truth(expectations: Expectations, analysis: Analysis) -> list[Agreement]:
    """The agreement at each level, copies first; empty where the file lists no truth.

    Raises `InputError` with file and line for a truth file that cannot be used.
    """
    listed = [one for one in expectations.expected if one.kind == "truth"]
    return [
        measure_agreement(read_truth(one, expectations.file, analysis), level, analysis)
        for one in listed
        for level in _LEVELS
    ]


def judge_truth(expected: Expected, file: Path, analysis: Analysis) -> tuple[bool, str]:
    """Whether the agreement reaches what the file asks, and the numbers."""
    form = expected.truth or TruthForm()
    found = measure_agreement(read_truth(expected, file, analysis), form.level, analysis)
    lines = [_describe_agreement(found)]
    for name in ("precision", "recall", "f1"):
        least, value = getattr(form, f"min_{name}"), getattr(found, name)
        if least is not UNSET and value < least:
            lines.append(f"  {describe_measure(name, value, f'min_{name}', least)}")

    holds = len(lines) == 1
    lines += _describe_mistakes("missed", found.true_pairs - found.both, found.missed, analysis)
    lines += _describe_mistakes(
        "invented", found.found_pairs - found.both, found.invented, analysis
    )
    return holds, "\n".join(lines)


def _describe_agreement(found: Agreement) -> str:
    return (
        f"truth, {found.level}: precision {found.precision:.4g} · recall {found.recall:.4g} · "
        f"F1 {found.f1:.4g} ({found.both} of {found.found_pairs} found pairs are true, of "
        f"{found.true_pairs} there are, among {found.articles} articles)"
    )


def _describe_mistakes(
    name: str, count: int, shown: Sequence[Pair], analysis: Analysis
) -> Iterator[str]:
    for left, right in shown:
        found = analysis.compare(left, right)
        yield f"  {name}: {describe_pair(found)}"
    if count > len(shown):
        yield f"  and {count - len(shown)} more {name}"


def read_truth(expected: Expected, file: Path, analysis: Analysis) -> Truth:
    """The truth a pairs file lists or names, its articles all in the corpus.

    Clusters speak of the articles they list; pairs of every article that is not embedded in
    another's page, and of the embedded ones they name.
    """
    form = expected.truth or TruthForm()
    try:
        if isinstance(form.clusters, str):
            rows = _read_rows(Path(form.clusters), ("article", "cluster"), analysis, 1)
            return _gather_clusters(rows)
        if isinstance(form.pairs, str):
            groups = _read_rows(Path(form.pairs), ("article", "article"), analysis, 2)
        else:
            groups = [] if form.pairs is UNSET else list(form.pairs)
        for article in (one for group in groups for one in group):
            analysis.article(article)
    except DedupError as error:
        raise InputError(f"{file}:{expected.line}: truth: {error}") from None
    pairs = {pair for group in groups for pair in combinations(sorted(set(group)), 2)}
    named = {one for pair in pairs for one in pair}
    mains = {key for key, article in analysis.articles.items() if article.kind == "main"}
    return Truth(frozenset(named | mains), tuple(sorted(pairs)), is_clusters=False)


def _read_rows(
    path: Path, columns: tuple[str, str], analysis: Analysis, ids: int
) -> list[tuple[str, ...]]:
    """The lines of a table of two columns, the first `ids` of which are articles of the corpus."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path}: cannot be read: {cause}") from None
    rows: list[tuple[str, ...]] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        row = tuple(line.split("\t"))
        if len(row) != len(columns):
            wanted = ", tab, ".join(columns)
            raise InputError(f"{path}:{number}: found {len(row)} columns; give {wanted}")
        for one in row[:ids]:
            _find_article(one, path, number, analysis)
        rows.append(row)
    return rows


def _find_article(article_id: str, path: Path, number: int, analysis: Analysis) -> None:
    try:
        analysis.article(article_id)
    except InputError as error:
        raise InputError(f"{path}:{number}: {error}") from None


def _gather_clusters(rows: Iterable[tuple[str, ...]]) -> Truth:
    clusters: dict[str, list[str]] = defaultdict(list)
    for article, cluster in {row[0]: row[1] for row in rows}.items():
        clusters[cluster].append(article)
    groups = tuple(tuple(sorted(members)) for members in clusters.values())
    return Truth(frozenset(one for group in groups for one in group), groups, is_clusters=True)


def measure_agreement(truth: Truth, level: str, analysis: Analysis) -> Agreement:
    """How the clusters of one level agree with the truth."""
    cluster_of = {one: _cluster_of(one, level, analysis) for one in sorted(truth.articles)}
    true_of = {one: k for k, group in enumerate(truth.groups) for one in group}
    if truth.is_clusters:
        both = _count_pairs((cluster_of[one], true_of[one]) for one in truth.articles)
    else:
        both = sum(cluster_of[left] == cluster_of[right] for left, right in truth.groups)
    return Agreement(
        level=level,
        articles=len(truth.articles),
        true_pairs=sum(comb(len(group), 2) for group in truth.groups),
        found_pairs=_count_pairs(cluster_of.values()),
        both=both,
        missed=tuple(islice(_missed(truth, cluster_of), _SHOWN)),
        invented=tuple(islice(_invented(truth, true_of, cluster_of), _SHOWN)),
    )


def _cluster_of(article_id: str, level: str, analysis: Analysis) -> str:
    copies, story = analysis.copies_of(article_id), analysis.story_of(article_id)
    cluster = story if story and level == "story" else copies
    return cluster.id if cluster else article_id


def _count_pairs(labels: Iterable[object]) -> int:
    return sum(comb(count, 2) for count in Counter(labels).values())


def _missed(truth: Truth, cluster_of: dict[str, str]) -> Iterator[Pair]:
    for group in sorted(truth.groups):
        for left, right in combinations(group, 2):
            if cluster_of[left] != cluster_of[right]:
                yield left, right


def _invented(truth: Truth, true_of: dict[str, int], cluster_of: dict[str, str]) -> Iterator[Pair]:
    found: dict[str, list[str]] = defaultdict(list)
    for one, cluster in cluster_of.items():
        found[cluster].append(one)
    pairs = frozenset() if truth.is_clusters else frozenset(truth.groups)
    for members in found.values():
        for left, right in combinations(members, 2):
            known = true_of[left] == true_of[right] if truth.is_clusters else (left, right) in pairs
            if not known:
                yield left, right
