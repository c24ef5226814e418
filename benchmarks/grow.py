"""How time and memory of a whole run grow with the number of articles.

    python benchmarks/grow.py                            # 10,000, 100,000 and 1,000,000 articles
    python benchmarks/grow.py --sizes 10000 --keep FOLDER
    python benchmarks/grow.py --json                     # all that is known of a run, a line each

`vary.py` makes the corpora. Each is cleaned by `dedup clean` as a user would, on `--workers` cores;
the memory of all its processes is read off ten times a second and added up, so that what they share
counts twice. Of the copies made on purpose it is counted how many lie in one cluster; pairs of
different epochs are wrong by construction, as copies and as rewrites.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from math import comb
from pathlib import Path
from typing import Any, NamedTuple

from machine import describe_machine
from vary import DATA, write_corpus

SIZES = (10_000, 100_000, 1_000_000)
HEAD = (
    "| articles | s | ms an article | core ms an article | MiB, all processes"
    " | known copies in one cluster | copies and rewrites across epochs |",
    "|---|---|---|---|---|---|---|",
)
_PAUSE = 0.1  # seconds between readings


class Ran(NamedTuple):
    """A finished run."""

    seconds: float
    core_seconds: float  # of all processes: what a busy machine does not change so much
    megabytes: int  # at most, of all processes
    out: Path


def clean_corpus(corpus: Path, out: Path, workers: int) -> Ran:
    """Clean a corpus in a process of its own and look on."""
    code = "from dedup.cli import main; main()"
    arguments = ["clean", corpus, "-o", out, "--workers", workers, "--overwrite", "--quiet"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    most = 0
    with subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)]) as process:
        while process.poll() is None:
            most = max(most, sum(map(_read_memory, _list_family(process.pid))))
            time.sleep(_PAUSE)
    if process.returncode:
        sys.exit(f"dedup clean ended with {process.returncode}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    core_seconds = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return Ran(time.perf_counter() - began, core_seconds, most >> 20, out)


def _list_family(process: int) -> Iterator[int]:
    """The process and all below it."""
    yield process
    try:
        for thread in Path(f"/proc/{process}/task").iterdir():
            for child in map(int, (thread / "children").read_text().split()):
                yield from _list_family(child)
    except OSError:  # ended meanwhile
        return


def _read_memory(process: int) -> int:
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGESIZE")


def judge_copies(corpus: Path, out: Path) -> dict[str, float]:
    """What was found of what `vary` made: shares and counts."""
    made = {line["id"]: line["copies"] for line in _read_lines(corpus)}
    true = sum(comb(n, 2) for n in Counter(made.values()).values())
    found, said, across = 0, 0, 0
    for cluster in _read_lines(out / "clusters.jsonl"):
        if cluster["level"] == "copies":
            members = cluster["members"]
            found += _count_pairs(made[one] for one in members)
            same_epoch = _count_pairs(one[:3] for one in members)
            said += comb(len(members), 2)
            across += comb(len(members), 2) - same_epoch
    rewrites = [m for m in _read_lines(out / "matches.jsonl") if m["relation"] == "rewrite"]
    apart = sum(match["left"][:3] != match["right"][:3] for match in rewrites)
    return {
        "known copies found": found / max(1, true),
        "pairs of copies across epochs": across / max(1, said),
        "rewrites": len(rewrites),
        "rewrites across epochs": apart / max(1, len(rewrites)),
    }


def _count_pairs(groups: Iterator[str]) -> int:
    return sum(comb(n, 2) for n in Counter(groups).values())


def _read_lines(path: Path) -> Iterator[Any]:
    with path.open("rb") as file:
        yield from map(json.loads, file)


def measure_growth(size: int, folder: Path, workers: int) -> dict[str, Any]:
    """One line of the table."""
    corpus = folder / f"{size}.jsonl"
    if not corpus.exists():
        write_corpus(size, corpus)
    ran = clean_corpus(corpus, folder / f"{size}", workers)
    summary = json.loads((ran.out / "summary.json").read_text())
    return {
        "articles": size,
        "megabytes of text": corpus.stat().st_size >> 20,
        "seconds": round(ran.seconds, 1),
        "ms an article": round(1000 * ran.seconds / size, 3),
        "core ms an article": round(1000 * ran.core_seconds / size, 3),
        "megabytes of memory": ran.megabytes,
        **judge_copies(corpus, ran.out),
        "stages": summary["seconds"],
        "counts": summary["counts"],
    }


def show_run(run: dict[str, Any]) -> str:
    """One line of the table."""
    of_time = f"{run['seconds']:,.0f} | {run['ms an article']} | {run['core ms an article']}"
    found = f"{run['known copies found']:.3f}"
    wrong = f"{run['pairs of copies across epochs']:.4f}, {run['rewrites across epochs']:.4f}"
    memory = f"{run['megabytes of memory']:,}"
    return f"| {run['articles']:,} | {of_time} | {memory} | {found} | {wrong} |"


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="Folder for corpora and results, kept.")
    parser.add_argument("--json", action="store_true", help="A JSON object a run.")
    options = parser.parse_args()
    if not (DATA / "news_30k").is_dir():
        sys.exit(f"{DATA / 'news_30k'}: not there; the corpora are made from it")
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        if not options.json:
            print(f"{describe_machine('numba', 'numpy')}; {options.workers} workers\n")
            print("\n".join(HEAD))
        for size in options.sizes:
            run = measure_growth(size, folder, options.workers)
            print(json.dumps(run) if options.json else show_run(run), flush=True)


if __name__ == "__main__":
    main()
