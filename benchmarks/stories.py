"""The story score against labels: how well it ranks, and whether it reads as a probability.

    python benchmarks/stories.py --data ../shared/data

The curve of `dedup/match/story_score.py` is the one fitted on `semeval` and `news` together; it is
printed first. No pair is scored by a curve that was fitted on it: the figures are cross-validated,
in ten folds by the digest of the pair's ids.

Sets, all scored with the articles of `news_30k` as the corpus:

- `semeval`: 354 pairs of `semeval_stories`, `overall` 1 (same story) to 4;
- `news`: pairs of `news_30k` in `verdicts/`, read blind: `same`, `followup` (of the same matter),
  `different`;
- `fresh`: the same, of a sample that nothing was chosen or fitted by, in `verdicts/fresh`;
- `answers`: `plagiarised_answers`, each answer with its source; revised or not. Two that were cut
  from other pages than the source share almost nothing with it, as the set's README says.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import xxhash

from dedup.config import Config
from dedup.corpus.sketching import sketch_corpus
from dedup.match.document_frequency import weigh_in_corpus
from dedup.match.story_score import LEAST_COVERAGE, Curve, Measures, calibrate, measure_stories
from dedup.records import Article

VERDICTS = Path(__file__).parent / "verdicts"
# What each verdict is worth as a probability of one story.
WORTH = {"same": 1.0, "right": 1.0, "followup": 0.5, "borderline": 0.5, "different": 0, "wrong": 0}
FOLDS = 10
ELSEWHERE = ("g2pE_taskc", "g4pD_taskb")  # answers cut from other pages than their source
SEMEVAL = "semeval2022_task8/"  # how `news_30k` names them


class Pair(NamedTuple):
    """A labelled pair: `truth` is the probability of one story as its label says."""

    left: str
    right: str
    truth: float
    overall: float = 0.0  # SemEval's own, 1 to 4

    @property
    def fold(self) -> int:
        """0 to 9, by the digest of the ids."""
        digest = xxhash.xxh3_64_intdigest("\t".join(sorted((self.left, self.right))).encode())
        return digest % FOLDS


def read_semeval(data: Path) -> Iterator[Pair]:
    for line in (data / "semeval_stories" / "pairs.jsonl").read_text().splitlines():
        pair = json.loads(line)
        overall = pair["overall"]
        # 1 "very similar", 2 "somewhat": between, the same matter.
        truth = 1.0 if overall <= 1.75 else 0.5 if overall <= 2.5 else 0.0
        yield Pair(SEMEVAL + pair["id1"], SEMEVAL + pair["id2"], truth, overall)


def read_verdicts(folder: Path) -> Iterator[Pair]:
    for path in sorted(folder.glob("*.tsv")):
        for line in path.read_text().splitlines():
            left, right, *_, verdict = line.split("\t")  # a sample has its scores between
            yield Pair(left, right, WORTH[verdict])


def read_answers(data: Path) -> Iterator[Pair]:
    for line in (data / "plagiarised_answers" / "pairs.jsonl").read_text().splitlines():
        pair = json.loads(line)
        yield Pair(pair["id1"], pair["id2"], float(pair["label"] != "non"))


class Corpus:
    """`news_30k`, sketched and recounted once; it measures any pairs of its articles."""

    def __init__(self, articles: list[Article]) -> None:
        self._rows = {article.id: row for row, article in enumerate(articles)}
        self._sketches = sketch_corpus(articles, Config().sketch, workers=2).sketches
        told = np.flatnonzero(self._sketches.words).astype(np.uint32)
        self._recounted = weigh_in_corpus(self._sketches, told, Config().document_frequency)

    def measure(self, pairs: list[Pair]) -> Measures:
        left = np.array([self._rows[pair.left] for pair in pairs], dtype=np.uint32)
        right = np.array([self._rows[pair.right] for pair in pairs], dtype=np.uint32)
        return measure_stories(self._sketches, self._recounted, left, right)


def read_articles(data: Path) -> list[Article]:
    """All articles, as they are: the set has no chrome."""
    with gzip.open(data / "news_30k" / "articles.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    answers = (data / "plagiarised_answers" / "articles.jsonl").read_text().splitlines()
    found += [json.loads(line) for line in answers]
    known = {one["id"]: one for one in found}
    return [Article(id=i, page=i, text=one["text"], language="en") for i, one in known.items()]


def rank_sum(truth: np.ndarray, scores: np.ndarray) -> float:
    """The area under the ROC curve: how often a true pair scores above an untrue one."""
    above = scores[truth][:, None] > scores[~truth][None, :]
    level = scores[truth][:, None] == scores[~truth][None, :]
    return float((above + level / 2).mean())


def average_precision(truth: np.ndarray, scores: np.ndarray) -> float:
    ranked = truth[np.argsort(-scores, kind="stable")]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    return float((precision * ranked).sum() / ranked.sum())


def correlate(left: np.ndarray, right: np.ndarray) -> float:
    return float(np.corrcoef(left, right)[0, 1])


def fit_curve(measures: Measures, truth: np.ndarray) -> Curve:
    """The logistic curve of least cross entropy; `truth` may lie between 0 and 1."""
    from scipy.optimize import minimize  # slow to import, used once a run

    columns = np.column_stack(
        [
            np.ones(len(truth)),
            np.log(LEAST_COVERAGE + measures.coverage),
            np.log1p(measures.particulars),
            measures.figures,
        ]
    )

    def entropy(curve: np.ndarray) -> float:
        logit = columns @ curve
        return float((np.logaddexp(0, logit) - truth * logit).sum() + 0.05 * (curve[1:] ** 2).sum())

    return Curve(*(round(float(value), 2) for value in minimize(entropy, np.zeros(4)).x))


def cross_validate(measures: Measures, pairs: list[Pair]) -> np.ndarray:
    """The score of each pair by a curve fitted on the other folds."""
    truth, folds = (np.array([getattr(p, name) for p in pairs]) for name in ("truth", "fold"))
    scores = np.zeros(len(pairs))
    for fold in range(FOLDS):
        others = Measures(*(column[folds != fold] for column in measures))
        curve = fit_curve(others, truth[folds != fold])
        own = Measures(*(column[folds == fold] for column in measures))
        scores[folds == fold] = calibrate(own, curve)
    return scores


def report_set(name: str, pairs: list[Pair], scores: np.ndarray) -> None:
    truth = np.array([pair.truth for pair in pairs])
    line = f"{name:16} {len(pairs):4} pairs"
    if name.startswith("semeval"):
        overall = np.array([pair.overall for pair in pairs])
        line += f"  Pearson {correlate(scores, 4 - overall):.3f}"
        line += f"  of its logarithm {correlate(np.log(scores + 0.01), 4 - overall):.3f}"
        line += f"  AP (overall <= 2) {average_precision(overall <= 2, scores):.3f}"
    else:
        line += f"  AUC same / rest {rank_sum(truth == 1, scores):.3f}"
        if 0.5 in truth:
            line += f"  same or follow-up / different {rank_sum(truth > 0, scores):.3f}"
    click.echo(line)


def report_reliability(pairs: list[Pair], scores: np.ndarray) -> None:
    """By score, what share of pairs the labels call one story, a follow-up counting half."""
    truth = np.array([pair.truth for pair in pairs])
    edges = (0, 0.1, 0.25, 0.5, 0.7, 0.85, 1.01)
    click.echo("score      pairs  mean score  labels  different")
    for low, high in pairwise(edges):
        inside = (scores >= low) & (scores < high)
        if inside.any():
            numbers = f"{scores[inside].mean():10.2f} {truth[inside].mean():7.2f}"
            lost = (truth[inside] == 0).mean()
            click.echo(f"{low:.2f}-{min(high, 1):.2f} {inside.sum():7} {numbers} {lost:10.2f}")


@click.command(help=__doc__, context_settings={"max_content_width": 100})
@click.option("--data", type=click.Path(path_type=Path), default=Path("../shared/data"))
def main(data: Path) -> None:
    if not (data / "news_30k").is_dir():
        click.echo(f"{data}: no news_30k there; give the folder with --data", err=True)
        sys.exit(2)
    articles = read_articles(data)
    known = {article.id for article in articles}
    sets = {
        "semeval": [pair for pair in read_semeval(data) if {pair.left, pair.right} <= known],
        "news": list(read_verdicts(VERDICTS)),
        "fresh": list(read_verdicts(VERDICTS / "fresh")),
        "answers": list(read_answers(data)),
    }
    corpus = Corpus(articles)
    labelled = sets["semeval"] + sets["news"]
    measures = corpus.measure(labelled)
    click.echo(fit_curve(measures, np.array([pair.truth for pair in labelled])))
    scores = cross_validate(measures, labelled)
    split = len(sets["semeval"])
    report_set("semeval", sets["semeval"], scores[:split])
    report_set("news", sets["news"], scores[split:])
    answered = calibrate(corpus.measure(sets["answers"]))
    report_set("answers", sets["answers"], answered)
    own = [k for k, pair in enumerate(sets["answers"]) if pair.right not in ELSEWHERE]
    report_set("from source", [sets["answers"][k] for k in own], answered[own])
    report_reliability(labelled, scores)
    click.echo("fresh:")
    report_reliability(sets["fresh"], calibrate(corpus.measure(sets["fresh"])))


if __name__ == "__main__":
    main()
