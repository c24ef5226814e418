"""How fast texts become sketches on one core, beside `wc -w` and other tools.

    python benchmarks/sketch.py           # a table with date, processor and versions
    python benchmarks/sketch.py --json    # megabytes a second; null: not installed

Texts are Python strings in a list, as every tool is given them; a megabyte is a million bytes of
their UTF-8. Everyone makes 128 values of 5-word shingles: `near` is our near view, `all_views` are
all three, the peers have one. `wc -w` reads the same bytes from a file, in C.UTF-8. Medians of
rounds in which each runs once, in one process that may use one core; seconds of the processor,
so that other jobs on the machine matter less.
"""

# only what is installed is there to import
# mypy: disable-error-code="import-not-found"

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import click
from machine import describe_machine

PERMUTATIONS = 128
SHINGLE_WORDS = 5
BATCH = 256  # texts, as `dedup.analyse` has them
EVERY = 4  # of the articles of the set, one in so many

Task = Callable[[list[str]], object]


def shingle(text: str) -> list[str]:
    """5-word shingles as users of the peers make them, the quickest way."""
    words = text.lower().split()
    last = max(1, len(words) - SHINGLE_WORDS + 1)
    return [" ".join(words[k : k + SHINGLE_WORDS]) for k in range(last)]


def batches(texts: list[str]) -> Iterator[list[str]]:
    source = iter(texts)
    while batch := list(islice(source, BATCH)):
        yield batch


def sign_ours(texts: list[str]) -> None:
    from dedup.config import SketchConfig
    from dedup.sketch.build import sign_texts

    for batch in batches(texts):
        sign_texts(batch, SketchConfig())


def sketch_ours(texts: list[str]) -> None:
    from dedup.config import SketchConfig
    from dedup.sketch.build import sketch_texts

    for batch in batches(texts):
        sketch_texts(batch, SketchConfig())


def sign_datasketch(texts: list[str]) -> None:
    from datasketch import MinHash

    for text in texts:
        sketch: Any = MinHash(num_perm=PERMUTATIONS)
        sketch.update_batch([shingled.encode() for shingled in shingle(text)])


def sign_rensa(texts: list[str]) -> None:
    from rensa import RMinHash

    for text in texts:
        sketch = RMinHash(num_perm=PERMUTATIONS, seed=42)
        sketch.update(shingle(text))
        sketch.digest()


def sign_daft(texts: list[str]) -> None:
    import daft

    words = daft.col("text").normalize(remove_punct=True, lowercase=True, white_space=True)
    signature = words.minhash(
        num_hashes=PERMUTATIONS, ngram_size=SHINGLE_WORDS, hash_function="xxhash3_64"
    )
    daft.from_pydict({"text": texts}).select(signature).collect()


TASKS: dict[str, Task] = {
    "near": sign_ours,
    "all_views": sketch_ours,
    "datasketch": sign_datasketch,
    "rensa": sign_rensa,
    "daft": sign_daft,
}


def read_texts(data: Path) -> list[str]:
    """Every fourth article: the set is in order of source, and long for the slowest tool."""
    path = data / "news_30k" / "articles.jsonl.gz"
    if not path.is_file():
        sys.exit(f"{path}: not there; name the sets' folder with --data")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in islice(lines, 0, None, EVERY)]


def count_words(path: str) -> None:
    settings = {**os.environ, "LC_ALL": "C.UTF-8"}
    subprocess.run(["wc", "-w", path], env=settings, check=True, stdout=subprocess.DEVNULL)


def keep_to_one_core() -> None:
    """Before any tool is imported: each makes as many threads as it sees cores."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def time_rounds(texts: list[str], rounds: int) -> dict[str, list[float]]:
    """Seconds of each round by task, `wc` first; a first round that compiles is not counted."""
    seconds: dict[str, list[float]] = {"wc": []}
    tasks = {name: task for name, task in TASKS.items() if is_installed(name)}
    for task in tasks.values():
        task(texts[:100])
    with tempfile.NamedTemporaryFile() as file:
        file.write("\n".join(texts).encode("utf-8", "replace"))
        file.flush()
        for _ in range(rounds):
            seconds["wc"].append(time_call(count_words, file.name))
            for name, task in tasks.items():
                seconds.setdefault(name, []).append(time_call(task, texts))
    return seconds


def is_installed(name: str) -> bool:
    return name in ("near", "all_views") or importlib.util.find_spec(name) is not None


def time_call(call: Callable[[Any], object], given: object) -> float:
    started = spent_seconds()
    call(given)
    return spent_seconds() - started


def spent_seconds() -> float:
    """Of the processor, by this process and by those it waited for."""
    each = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in each)


def show_table(speeds: dict[str, float | None], texts: int, megabytes: float, rounds: int) -> None:
    names = [name for name in ("datasketch", "rensa", "daft") if speeds[name] is not None]
    print(f"{describe_machine('numba', 'numpy', *names)};")
    print(f"one core, {texts:,} articles, {megabytes:.1f} MB, medians of {rounds} rounds\n")
    print("| text → | MB/s | of `wc -w` | near view's speed over it |\n|---|---|---|---|")
    for name, speed in speeds.items():
        if speed is None:
            print(f"| {name} | not installed | | |")
        else:
            share = speed / (speeds["wc"] or 1)
            print(f"| {name} | {speed:.1f} | {share:.2f} | {(speeds['near'] or 0) / speed:.1f} |")


@click.command(help=__doc__)
@click.option("--json", "as_json", is_flag=True, help="Print medians in MB/s as JSON.")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
@click.option(
    "--data",
    default=Path(__file__).parents[2] / "shared" / "data",
    show_default="../shared/data",
    type=click.Path(path_type=Path),
)
def main(as_json: bool, rounds: int, data: Path) -> None:
    keep_to_one_core()
    texts = read_texts(data)
    megabytes = sum(len(text.encode("utf-8", "replace")) for text in texts) / 1e6
    medians = {name: statistics.median(each) for name, each in time_rounds(texts, rounds).items()}
    speeds = {
        name: round(megabytes / medians[name], 1) if name in medians else None
        for name in ["wc", *TASKS]
    }
    if as_json:
        print(json.dumps(speeds))
    else:
        show_table(speeds, len(texts), megabytes, rounds)


if __name__ == "__main__":
    main()
