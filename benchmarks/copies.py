"""Precision and recall of copies and stories on labelled pages of one news event.

    python benchmarks/copies.py --data ../shared/data            # the default config, both parts
    python benchmarks/copies.py --sweep                          # other thresholds, one at a time
    python benchmarks/copies.py --errors                         # the pairs it gets wrong

The whole pipeline runs on all pages each time: stripping, proposing, verifying, clustering. The
labels (`tests/cases/helsinki_pairs.jsonl`) were given by reading both bodies, without numbers:
`copy`, `story` (another write-up of the same report), `event` (the same event, written
independently, shared quotes or captions aside). Tune on `tune`, report on `report`. In brackets:
pairs that no reader noted as borderline.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from dedup.cluster.copies import list_copy_edges
from dedup.config import Config, StripConfig
from dedup.corpus.search import Related, relate_articles
from dedup.corpus.sketching import SketchedCorpus, sketch_corpus
from dedup.records import Article, Page, Relation
from dedup.strip.page import make_article

LABELS = Path(__file__).parent.parent / "tests" / "cases" / "helsinki_pairs.jsonl"
PARTS = ("tune", "report")
MERGING = (Relation.EXACT, Relation.NEAR, Relation.CONTAINS)
SWEEPS: dict[str, Sequence[float]] = {
    "verify.min_jaccard": (0.2, 0.22, 0.25, 0.28, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7),
    "verify.min_containment": (0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95),
    "cluster.min_length_coverage": (0.0, 0.05, 0.1, 0.15, 0.2, 0.3),
    "cluster.min_lead_coverage": (0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0),
    "cluster.min_copy_share": (0.0, 0.02, 0.05, 0.1, 0.15, 0.25, 0.4, 0.7),
    "cluster.min_containment_across": (0.0, 0.05, 0.1, 0.2),
    "verify.min_story_score": (0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    "cluster.min_story_cohesion": (0.0, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7),
}


class Labelled(msgspec.Struct, frozen=True):
    """One line of the labels."""

    left: str
    right: str
    label: str
    part: str
    draw: int = 1
    note: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether the readers had no doubt."""
        return "borderline" not in self.note


class Score(NamedTuple):
    """How a yes-or-no question was answered on labelled pairs."""

    hits: int
    false: int
    missed: int

    @property
    def precision(self) -> float:
        """Of the pairs said to be alike, the share that are."""
        return self.hits / max(1, self.hits + self.false)

    @property
    def recall(self) -> float:
        """Of the pairs that are alike, the share that were found."""
        return self.hits / max(1, self.hits + self.missed)

    def __str__(self) -> str:
        counts = f"{self.hits:3} right, {self.false:2} wrong, {self.missed:2} missed"
        return f"P {self.precision:.3f}  R {self.recall:.3f}  ({counts})"


class Said(NamedTuple):
    """What the pipeline said, by article id."""

    copies: dict[str, int]  # number of the copies cluster
    stories: dict[str, int]  # number of the story, copies of its members included
    merging: set[tuple[str, str]]  # pairs that are exact, near or contained
    tied: set[tuple[str, str]]  # pairs that are copies of each other, whatever cluster they are in


Question = Callable[[Said, Labelled], bool]
Case = tuple[str, tuple[str, ...], Question]


def load_labels(path: Path = LABELS) -> list[Labelled]:
    """The labelled pairs, as they stand in the file."""
    with path.open("rb") as lines:
        return [msgspec.json.decode(line, type=Labelled) for line in lines]


def load_articles(path: Path) -> Iterator[Article]:
    """The pages of one event, stripped."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            page = Page(
                id=row["id"], text=row["text"], outlet=row["site"], published=row["scraped"]
            )
            yield make_article(page, StripConfig())


def analyse_pages(path: Path) -> SketchedCorpus:
    """The sketches of one event's articles, in order of id."""
    articles = sorted(load_articles(path), key=lambda article: article.id)
    return sketch_corpus(articles, Config().sketch)


def relate_pages(sketched: SketchedCorpus, config: Config) -> Said:
    """What the pipeline says about every pair, with a config."""
    related = relate_articles(sketched, config)
    names = [described.id for described in sketched.metadata]
    copies = _number(group.members for group in related.copies)
    stories = _number(_spread_stories(related))
    return Said(
        copies={names[row]: group for row, group in copies.items()},
        stories={names[row]: group for row, group in stories.items()},
        merging=set(_name_merging(related, names)),
        tied={
            (names[left], names[right])
            for left, right, *_ in list_copy_edges(related.pairs, sketched.sketches, config.cluster)
        },
    )


def _spread_stories(related: Related) -> Iterator[list[int]]:
    """The rows of each story and of the copies of its members; copies alone tell one story too."""
    copies = {group.canonical: group.members for group in related.copies}
    for group in related.stories:
        yield [row for member in group.members for row in copies.pop(member, (member,))]
    yield from map(list, copies.values())


def _number(groups: Iterable[Iterable[int]]) -> dict[int, int]:
    return {row: number for number, group in enumerate(groups) for row in group}


def _name_merging(related: Related, names: list[str]) -> Iterator[tuple[str, str]]:
    pairs = related.pairs
    for left, right, relation in zip(pairs.left, pairs.right, pairs.relation, strict=True):
        if relation in MERGING:
            yield names[left], names[right]


def _in_copies(said: Said, pair: Labelled) -> bool:
    return pair.left in said.copies and said.copies[pair.left] == said.copies.get(pair.right)


def _in_story(said: Said, pair: Labelled) -> bool:
    return pair.left in said.stories and said.stories[pair.left] == said.stories.get(pair.right)


def _merges(said: Said, pair: Labelled) -> bool:
    return (min(pair.left, pair.right), max(pair.left, pair.right)) in said.merging


def _told_copies(said: Said, pair: Labelled) -> bool:
    ordered = min(pair.left, pair.right), max(pair.left, pair.right)
    return _in_copies(said, pair) or ordered in said.tied


CASES: tuple[Case, ...] = (
    ("one copies cluster", ("copy",), _in_copies),
    ("one cluster, or matched", ("copy",), _told_copies),
    ("exact, near or contains", ("copy",), _merges),
    ("one story", ("copy", "story"), _in_story),
)


def score_pairs(said: Said, pairs: Iterable[Labelled], case: Case) -> Score:
    """How one question was answered."""
    _, positive, question = case
    answers = [(pair.label in positive, question(said, pair)) for pair in pairs]
    return Score(
        hits=answers.count((True, True)),
        false=answers.count((False, True)),
        missed=answers.count((True, False)),
    )


def change_config(config: Config, path: str, value: float) -> Config:
    """The config with one setting changed, checked as a file would be."""
    settings: dict[str, Any] = msgspec.to_builtins(config)
    section, key = path.split(".")
    settings[section][key] = value
    return msgspec.convert(settings, Config)


def show_config(sketched: SketchedCorpus, pairs: list[Labelled], config: Config) -> None:
    """One line a question and part."""
    said = relate_pages(sketched, config)
    for case in CASES:
        for part in PARTS:
            chosen = [pair for pair in pairs if pair.part == part]
            plain = score_pairs(said, [pair for pair in chosen if pair.is_plain], case)
            score = score_pairs(said, chosen, case)
            click.echo(
                f"{case[0]:24} {part:7} {score} [P {plain.precision:.3f} R {plain.recall:.3f}]"
            )


def show_sweep(sketched: SketchedCorpus, pairs: list[Labelled], config: Config) -> None:
    """One table a setting: copies and stories on both parts."""
    for path, values in SWEEPS.items():
        click.echo(
            f"\n{path:27}" + "".join(f" {p + ': copies P R, stories P R':34}" for p in PARTS)
        )
        for value in values:
            said = relate_pages(sketched, change_config(config, path, value))
            click.echo(f"{value:<27g}" + "".join(_sweep_cell(said, pairs, p) for p in PARTS))


def _sweep_cell(said: Said, pairs: list[Labelled], part: str) -> str:
    chosen = [pair for pair in pairs if pair.part == part]
    scores = [score_pairs(said, chosen, CASES[k]) for k in (0, -1)]
    cell = "   ".join(f"{score.precision:.3f} {score.recall:.3f}" for score in scores)
    return f" {cell:34}"


def show_errors(sketched: SketchedCorpus, pairs: list[Labelled], config: Config) -> None:
    """The pairs whose copies or story are wrong, to be looked at."""
    said = relate_pages(sketched, config)
    for name, positive, question in (CASES[0], CASES[-1]):
        for pair in pairs:
            if (pair.label in positive) != question(said, pair):
                verdict = "missed" if pair.label in positive else "wrong"
                click.echo(
                    f"{name}: {verdict:6} {pair.part:6} {pair.left} {pair.right}"
                    f" {pair.label} {pair.note}"
                )


@click.command(help=__doc__)
@click.option("--data", type=click.Path(path_type=Path), default=Path("../shared/data"))
@click.option("--set", "settings", multiple=True, metavar="SECTION.KEY=VALUE", help="Change one.")
@click.option("--sweep", is_flag=True, help="Every setting over its range, one at a time.")
@click.option("--errors", is_flag=True, help="List the pairs that come out wrong.")
def main(data: Path, settings: tuple[str, ...], sweep: bool, errors: bool) -> None:
    """Run it."""
    path = data / "helsinki" / "pages.jsonl"
    if not path.is_file():
        click.echo(f"skipped: no {path}; give the data folder with --data", err=True)
        sys.exit(0)
    config = Config()
    for setting in settings:
        key, _, value = setting.partition("=")
        config = change_config(config, key, float(value))
    sketched, pairs = analyse_pages(path), load_labels()
    show_config(sketched, pairs, config)
    if sweep:
        show_sweep(sketched, pairs, config)
    if errors:
        show_errors(sketched, pairs, config)


if __name__ == "__main__":
    main()
