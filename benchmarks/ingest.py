"""The ingestion index at size: adds a second, delays, disk, memory; kills; beside datasketch.

    python benchmarks/vary.py 1000000 -o million.jsonl
    python benchmarks/ingest.py fill million.jsonl news.index       # or postgresql://…
    python benchmarks/ingest.py delays million.jsonl news.index --skip 990000
    python benchmarks/ingest.py kills killed.index --times 1000
    python benchmarks/ingest.py peers million.jsonl --articles 50000 --redis localhost:6379

`fill` adds in batches, `delays` one by one; articles are as `vary.py` writes them (text that has
been stripped, `language` en), but `--pages` has them stripped and their language found as well.
Seconds are of the wall, and of the processor in brackets, for machines that others use too.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click
import numpy as np
import zstandard

import dedup
from dedup.records import Article, Page

_WORKER = Path(__file__).parent.parent / "tests" / "index" / "index_worker.py"
_TOLD = 50_000  # articles between two lines of progress


def read_articles(path: str, skip: int, articles: int, *, pages: bool) -> Iterator[Article | Page]:
    """Articles of a file of `vary.py`."""
    with Path(path).open(encoding="utf-8") as file:
        for line in islice(file, skip, skip + articles):
            read = json.loads(line)
            if pages:
                yield Page(id=read["id"], text=read["text"])
            else:
                yield Article(id=read["id"], page=read["id"], text=read["text"], language="en")


def memory() -> str:
    """What this process has in memory, the page cache aside."""
    status = Path("/proc/self/status").read_text()
    kilobytes = int(status.partition("RssAnon:")[2].split()[0])
    return f"{kilobytes / 1000:.0f} MB"


@click.group()
def main() -> None:
    """Measure the ingestion index."""


corpus_argument = click.argument("corpus")
skip_option = click.option("--skip", default=0, help="Articles of the corpus passed over.")
pages_option = click.option("--pages", is_flag=True, help="Strip them, and find their language.")


@main.command()
@corpus_argument
@click.argument("where")
@skip_option
@click.option("--articles", default=10**9)
@pages_option
def fill(corpus: str, where: str, skip: int, articles: int, pages: bool) -> None:
    """Add in batches, and say how fast; then how large it is and how soon it opens."""
    statuses: Counter[str] = Counter()
    with dedup.open_index(where) as index:
        started, spent, before = time.perf_counter(), time.process_time(), 0
        source = read_articles(corpus, skip, articles, pages=pages)
        for number, verdict in enumerate(index.add_many(source), 1):
            statuses[verdict.status] += 1
            if number % _TOLD == 0:
                now, used = time.perf_counter(), time.process_time()
                rates = _TOLD / (now - started), _TOLD / (used - spent)
                print(
                    f"{number:9,}  {rates[0]:6,.0f}/s ({rates[1]:,.0f}/s)  {memory()}", flush=True
                )
                started, spent, before = now, used, number
        rest = number - before
        print(f"last {rest:,}: {rest / (time.perf_counter() - started):,.0f}/s; told {statuses}")
    show_size(where)


@main.command()
@click.argument("where")
def size(where: str) -> None:
    """How large an index is, and how soon it opens."""
    show_size(where)


def show_size(where: str) -> None:
    """Bytes an article, bodies apart, and the seconds an open takes."""
    started = time.perf_counter()
    with dedup.open_index(where) as index:
        print(f"open: {time.perf_counter() - started:.2f} s, {memory()}")
        stats = index.stats()
        compress = zstandard.ZstdCompressor(level=3).compress
        bodies = sum(len(compress(one.text.encode())) for one in index)
    count = stats.articles
    parts = {
        "log": stats.log_bytes,
        "bodies in it": bodies,
        "derived": stats.derived_bytes,
        "besides bodies": stats.log_bytes + stats.derived_bytes - bodies,
    }
    told = ", ".join(f"{name} {size / count:,.0f}" for name, size in parts.items())
    print(f"{count:,} articles, {stats.segments} segments; bytes an article: {told}")


@main.command()
@corpus_argument
@click.argument("where")
@skip_option
@click.option("--articles", default=5000)
@pages_option
def delays(corpus: str, where: str, skip: int, articles: int, pages: bool) -> None:
    """Add one by one, and say how long each took."""
    walls, processors, seeking = [], [], []
    with dedup.open_index(where) as index:
        for number, one in enumerate(read_articles(corpus, skip, articles, pages=pages)):
            started, spent = time.perf_counter(), time.process_time()
            verdict = index.add(one)
            told, used = time.perf_counter(), time.process_time()
            assert verdict.matches is not None
            if number >= 20:  # kernels are loaded, the last block is in memory
                walls.append(told - started)
                processors.append(used - spent)
                seeking.append(time.process_time() - spent)
    kinds = {"wall": walls, "processor": processors, "processor, with matches": seeking}
    for name, seconds in kinds.items():
        found = np.percentile(np.array(seconds) * 1000, [50, 90, 99, 100])
        print(name, "ms: p50 {:.2f}, p90 {:.2f}, p99 {:.2f}, most {:.1f}".format(*found))
    print(f"memory: {memory()}")


@main.command()
@click.argument("where")
@click.option("--times", default=1000)
@click.option("--lives", default=100, help="Of one index; then it is checked and another begun.")
@click.option("--seed", default=1)
def kills(where: str, times: int, lives: int, seed: int) -> None:
    """Kill processes that add, at random moments, and see that nothing they told is missing.

    A life is a fork that opens the index and adds. It ends after a random number of milliseconds,
    so that about one in four has told nothing yet: the longest life adapts to the machine. A
    PostgreSQL index is one for all lives; of folders there is one for every so many, as openings
    take longer the more there is in it.
    """
    chance, found = random.Random(seed), Counter[str]()
    each = times if "://" in where else lives
    for first in range(0, times, each):
        place = where if "://" in where else f"{where}-{first}"
        cache = f"{place.rpartition('/')[2]}.cache"
        with _Lives(place, cache, chance) as killed:
            for life in range(first, min(times, first + each)):
                killed.end_one(life)
        found.update(killed.fell)
        found.update(_check(place, cache, killed.acknowledged))
        print(f"{first + each:,} kills: {dict(found)}", flush=True)


class _Lives:
    """A process that forks others, which are killed; and what those told before."""

    def __init__(self, where: str, cache: str, chance: random.Random) -> None:
        command = [sys.executable, str(_WORKER), where, cache]
        self._forks = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._chance, self._longest = chance, 0.3
        self.fell, self.acknowledged = Counter[str](), set[str]()
        self._read()  # it is ready

    def __enter__(self) -> _Lives:
        return self

    def __exit__(self, *_: object) -> None:
        self._forks.communicate()

    def end_one(self, life: int) -> None:
        """Let one live for a while; `life` makes its articles."""
        assert self._forks.stdin
        self._forks.stdin.write(f"life{life} {1000 * life}\n")
        self._forks.stdin.flush()
        pid = int(self._read().split()[1])
        time.sleep(self._chance.random() * self._longest)
        os.kill(pid, signal.SIGKILL)
        said = [line.split() for line in iter(self._read, "end\n")]
        told = {words[0] for words in said if words[0] != "open"}
        self._longest *= 0.99 if told else 1.03
        self.fell["adding" if told else "before a verdict" if said else "opening"] += 1
        self.acknowledged |= told

    def _read(self) -> str:
        assert self._forks.stdout
        return self._forks.stdout.readline()


def _check(where: str, cache: str, acknowledged: set[str]) -> Counter[str]:
    """What an index holds of what was acknowledged."""
    with dedup.open_index(where, cache=cache) as index:
        stored, faults = Counter(one.id for one in index), index.verify()
    return Counter(
        stored=len(stored),
        acknowledged=len(acknowledged),
        twice=sum(count > 1 for count in stored.values()),
        missing=len(acknowledged - stored.keys()),
        faults=len(faults),
    )


@main.command()
@corpus_argument
@click.option("--articles", default=50_000)
@click.option("--redis", help="host:port of a server that may be emptied.")
def peers(corpus: str, articles: int, redis: str | None) -> None:
    """The same articles in datasketch's MinHashLSH, in memory and in Redis."""
    from datasketch import MinHash, MinHashLSH  # not needed elsewhere

    stores: dict[str, dict[str, object] | None] = {"memory": None}
    if redis:
        host, _, port = redis.partition(":")
        stores["redis"] = {"type": "redis", "redis": {"host": host, "port": int(port)}}
    for name, storage in stores.items():
        lsh = MinHashLSH(threshold=0.5, num_perm=128, storage_config=storage)
        before, seconds = _used(name, redis), []
        for one in read_articles(corpus, 0, articles, pages=False):
            started = time.perf_counter()
            words = one.text.lower().split()
            sketch = MinHash(num_perm=128)
            shingles = {" ".join(words[k : k + 5]) for k in range(max(1, len(words) - 4))}
            sketch.update_batch([shingle.encode() for shingle in shingles])
            lsh.query(sketch)
            lsh.insert(one.id, sketch)
            seconds.append(time.perf_counter() - started)
        used = (_used(name, redis) - before) / articles
        delay = np.percentile(np.array(seconds) * 1000, [50, 99])
        rate = articles / sum(seconds)
        words = "{:,.0f} adds/s; p50 {:.2f} ms, p99 {:.2f} ms; {:,.0f} bytes an article"
        print(f"datasketch, {name}:", words.format(rate, *delay, used))


def _used(store: str, redis: str | None) -> int:
    """Bytes in memory: this process's, or the server's."""
    if store == "memory":
        return int(Path("/proc/self/status").read_text().partition("RssAnon:")[2].split()[0]) * 1024
    from redis import Redis  # only with --redis

    host, _, port = str(redis).partition(":")
    return int(Redis(host=host, port=int(port)).info("memory")["used_memory"])


if __name__ == "__main__":
    main()
