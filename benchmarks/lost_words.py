"""What is lost with the articles that a run dropped: `python benchmarks/lost_words.py RUN...`

RUN is an output folder of `dedup clean`, of any version. Everything is counted again from the texts
in `articles.jsonl`, with words and shingles of this script's own: nothing of dedup is imported. A
5-word shingle of a dropped article is lost if no kept article has it; a word is lost if every
shingle it stands in is. Kept articles are those of the whole run, or (columns "of its set") those
of the same cluster of copies. With `--worst 20` the articles that lose most are listed.
"""

from __future__ import annotations

import argparse
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

WORD = re.compile(r"[^\W_]+")
WIDTH = 5  # words of a shingle
KEPT = frozenset({"kept", "version", "rewrite"})  # statuses that a run with defaults keeps
MOST_LOST = 0.05  # share of a dropped article's shingles: the target of issue 13
LONG_RUN = 25  # lost words in a row
Shingles = list[str]


class Loss(NamedTuple):
    """One dropped article."""

    id: str
    status: str
    words: int
    lost: int  # words that stand in no shingle of a kept article of the run
    share: float  # of its distinct shingles, in no kept article of the run
    set_lost: int  # the same, of the kept articles of its set
    set_share: float
    run: int  # the longest run of words lost from its set


def main() -> None:
    """Reads the options and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--worst", type=int, default=0, metavar="N")
    options = parser.parse_args()
    print(
        "| run | kept | versions | dropped | status | words dropped | lost | of its set "
        f"| shingles lost | > {MOST_LOST} lost | of its set | runs > {LONG_RUN} |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for run in options.runs:
        articles = read_articles(run)
        losses = list(measure_losses(articles))
        statuses = Counter(article["status"] for article in articles)
        for status in sorted({loss.status for loss in losses}):
            own = [loss for loss in losses if loss.status == status]
            print(f"| {run.name} | {statuses['kept']} | {statuses['version']} {describe(own)}")
        for loss in sorted(losses, key=lambda one: -one.share)[: options.worst]:
            print(f"  {loss}")


def read_articles(run: Path) -> list[dict[str, Any]]:
    """The lines of `articles.jsonl` that have words, in order."""
    with (run / "articles.jsonl").open(encoding="utf-8") as file:
        return [line for line in map(json.loads, file) if line["status"] != "empty"]


def describe(losses: list[Loss]) -> str:
    """The cells of one status."""
    words = sum(loss.words for loss in losses)
    cells: Iterable[str] = (
        f"{len(losses)} | {losses[0].status} | {words:,}",
        f"{sum(loss.lost for loss in losses) / words:.2%}",
        f"{sum(loss.set_lost for loss in losses) / words:.2%}",
        f"{sum(loss.share for loss in losses) / len(losses):.2%}",
        f"{sum(loss.share > MOST_LOST for loss in losses)}",
        f"{sum(loss.set_share > MOST_LOST for loss in losses)}",
        f"{sum(loss.run > LONG_RUN for loss in losses)} |",
    )
    return "| " + " | ".join(cells)


def measure_losses(articles: list[dict[str, Any]]) -> Iterator[Loss]:
    """What each dropped article loses."""
    dropped = {one["id"]: list_shingles(one["text"]) for one in articles if is_dropped(one)}
    asked = {shingle for shingles in dropped.values() for shingle in shingles}
    anywhere: set[str] = set()
    of_set: defaultdict[str, set[str]] = defaultdict(set)
    for one in articles:
        if not is_dropped(one):
            found = asked.intersection(list_shingles(one["text"]))
            anywhere |= found
            if one["copies"]:
                of_set[one["copies"]] |= found
    for one in articles:
        if is_dropped(one):
            shingles = dropped[one["id"]]
            own = of_set[one["copies"]] if one["copies"] else anywhere
            yield measure_loss(one, shingles, anywhere, own)


def measure_loss(
    article: dict[str, Any], shingles: Shingles, anywhere: set[str], of_set: set[str]
) -> Loss:
    """What one dropped article loses."""
    words = len(list_words(article["text"]))
    lost = mark_lost(shingles, words, anywhere)
    set_lost = mark_lost(shingles, words, of_set)
    distinct = set(shingles)
    return Loss(
        id=article["id"],
        status=article["status"],
        words=words,
        lost=sum(lost),
        share=len(distinct - anywhere) / max(1, len(distinct)),
        set_lost=sum(set_lost),
        set_share=len(distinct - of_set) / max(1, len(distinct)),
        run=max(map(len, "".join(map(str, map(int, set_lost))).split("0"))),
    )


def mark_lost(shingles: Shingles, words: int, kept: set[str]) -> list[bool]:
    """Of each word whether every shingle it stands in is lost."""
    lost = [True] * words
    for place, shingle in enumerate(shingles):
        if shingle in kept:
            end = place + min(WIDTH, words)
            lost[place:end] = [False] * (end - place)
    return lost


def is_dropped(article: dict[str, Any]) -> bool:
    """Whether a run with defaults leaves this article out."""
    return article["status"] not in KEPT


def list_words(text: str) -> list[str]:
    """Words, without case, accents and punctuation: those that a reader would call the same."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


def list_shingles(text: str) -> Shingles:
    """Runs of five words, in order; a shorter text is one."""
    words = list_words(text)
    if len(words) < WIDTH:
        return [" ".join(words)] if words else []
    return [" ".join(words[i : i + WIDTH]) for i in range(len(words) - WIDTH + 1)]


if __name__ == "__main__":
    main()
