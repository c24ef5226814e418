"""Processes that add to an index, to be killed: each prints an id once it is acknowledged.

    python index_worker.py WHERE CACHE

Every line NAME FIRST on stdin forks one, which prints `born PID`, opens the index, prints
`open PID` and adds the articles NAME-FIRST, NAME-FIRST+1, … until it is killed; then `end` is
printed. Forked, for it takes seconds to load kernels and words, and a thousand are to be killed.
Used by tests and by `benchmarks/ingest.py`.
"""

from __future__ import annotations

import os
import random
import sys
from importlib import import_module
from itertools import count

import dedup
from dedup.records import Article

WORDS = [f"{a}{b}{c}" for a in "bdfgklmn" for b in ("a", "e", "io") for c in ("rst", "lk", "nde")]


def write_story(number: int, words: int = 120) -> str:
    """A body of invented words that no other number's shares in a row."""
    rng = random.Random(number)
    return " ".join(f"{rng.choice(WORDS)}{rng.choice(WORDS)}" for _ in range(words)) + "."


def make_article(name: str, number: int) -> Article:
    return Article(id=name, page=name, text=write_story(number), language="en")


def say(*words: object) -> None:
    """A line in one write: of what is killed in the middle of `print`, half a line may be left."""
    os.write(1, f"{' '.join(map(str, words))}\n".encode())


def add_for_ever(where: str, cache: str, name: str, first: int) -> None:
    say("born", os.getpid())
    with dedup.open_index(where, cache=cache) as index:
        say("open", os.getpid())
        number = count(first)
        while True:
            for size in (1, 1, 7):
                chosen = [next(number) for _ in range(size)]
                pages = [make_article(f"{name}-{k}", k) for k in chosen]
                for verdict in index.add_many(pages):
                    say(verdict.id, verdict.status, verdict.canonical)


def main(where: str, cache: str) -> None:
    with dedup.open_index(":memory:") as warm:
        list(warm.add_many([make_article("a", 0), make_article("b", 0)]))
    if "://" in where:
        import_module("psycopg")  # else each fork would
    say("ready")
    for line in sys.stdin:
        name, first = line.split()
        child = os.fork()
        if child == 0:
            add_for_ever(where, cache, name, int(first))
        os.waitpid(child, 0)
        say("end")


if __name__ == "__main__":
    main(*sys.argv[1:])
