"""From texts to clusters of copies: time, memory, precision and recall, ours and of peers.

    python benchmarks/clusters.py                           # ours
    python benchmarks/clusters.py --peers ENV/bin/python    # beside text-dedup, rensa, gaoya, ...
    python benchmarks/clusters.py --peers ENV/bin/python --runs 1 --tools rensa,text-dedup

Time and memory are of `news_30k`; precision and recall, by pairs, of the true bodies of a
syndicated corpus in which every copy is known (`syndicate.py`), where the peers do best. Every tool
runs in a process of its own on one core, one after the other in each round; timed is what it does
between texts and groups in memory, after a first run on a few texts that loads and compiles what it
needs; the table has the medians. What takes over a minute has one round only. Peers run as
`syndication_peers.py` says, at the threshold that suits the corpus best of those tried; text-dedup,
which is a program, is timed with its start (some seconds).

`dedup copies` is the part of a search that peers do. `dedup all` finds stories too, and the
evidence for every match.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from machine import describe_machine

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
HERE = Path(__file__).parent
# The threshold that does best on the syndicated corpus, of the tool's own, .5 and .3.
PEERS = {"rensa": 0.3, "gaoya": 0.3, "datasketch": 0.3, "text-dedup": 0.3, "semhash": 0.95}
_LONG = 60  # seconds; what takes longer is timed once
OURS = {"dedup copies": "copies", "dedup all": "all"}


class Ran(NamedTuple):
    """One run of a tool."""

    groups: list[int]
    seconds: float
    megabytes: float


def group_copies(texts: Sequence[str], level: str) -> list[int]:
    """The group of each text, by us."""
    from dedup.config import Config
    from dedup.corpus.search import relate_copies
    from dedup.corpus.sketching import sketch_corpus  # peers' processes have no dedup
    from dedup.pipeline import find_duplicates
    from dedup.records import Article

    articles = [
        Article(id=f"{k:09}", page=f"{k:09}", text=text, language="en")
        for k, text in enumerate(texts)
    ]
    groups = list(range(len(texts)))
    if level == "all":
        clusters = [[int(m) for m in c.members] for c in find_duplicates(articles).copies]
    else:
        config = Config()
        related = relate_copies(sketch_corpus(articles, config.sketch), config)
        clusters = [list(group.members) for group in related.groups]
    for members in clusters:
        for row in members:
            groups[row] = members[0]
    return groups


def run_tool(command: Sequence[str], texts: Path) -> Ran:
    """Run a tool on one core from a file of texts to a file of groups."""
    core = min(os.sched_getaffinity(0))
    with (
        texts.open("rb") as given,
        tempfile.TemporaryFile() as written,
        tempfile.TemporaryFile() as said,
    ):
        process = subprocess.Popen(
            command,
            stdin=given,
            stdout=written,
            stderr=said,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),  # noqa: PLW1509  # no threads here
        )
        _, status, used = os.wait4(process.pid, 0)
        written.seek(0)
        said.seek(0)
        words = said.read().decode().split()
        if status:
            raise RuntimeError(f"{' '.join(command)}: {' '.join(words[-60:])}")
        return Ran(json.load(written), float(words[-1]), used.ru_maxrss / 1024)


def list_commands(peers: str | None, tools: Sequence[str]) -> dict[str, list[str]]:
    """What runs each tool."""
    commands = {
        name: [sys.executable, str(HERE / "clusters.py"), "--group", level]
        for name, level in OURS.items()
    }
    if peers:
        script = str(HERE / "syndication_peers.py")
        commands |= {
            tool: [peers, script, tool, str(threshold)] for tool, threshold in PEERS.items()
        }
    wanted = {"dedup copies", *(tools or commands)}
    return {name: one for name, one in commands.items() if name in wanted}


def write_sets(data: Path, folder: Path, bases: int) -> tuple[Path, Path, list[str]]:
    """Texts to time, texts to judge, and for each of the latter the article it is a copy of."""
    from syndicate import make_corpus
    from syndication import gather_sources  # as above

    with gzip.open(data / "news_30k" / "articles.jsonl.gz") as file:
        timed = [json.loads(line)["text"] for line in file]
    pages = make_corpus(gather_sources(data, None, bases, 1, real=False), 1)
    paths = folder / "timed.jsonl", folder / "judged.jsonl"
    for path, texts in zip(paths, (timed, [page.body for page in pages]), strict=True):
        path.write_text("\n".join(map(json.dumps, texts)))
    return *paths, [page.copies for page in pages]


def measure_tools(data: Path, commands: dict[str, list[str]], runs: int, bases: int) -> None:
    """Print the table, and what it was measured with."""
    from syndication import score_groups

    with tempfile.TemporaryDirectory() as name:
        timed, judged, truth = write_sets(data, Path(name), bases)
        scores = {
            tool: score_groups(truth, run_tool(command, judged).groups)
            for tool, command in commands.items()
        }
        rounds: dict[str, list[Ran]] = {tool: [] for tool in commands}
        for _ in range(runs):
            for tool, ran in rounds.items():
                if not ran or ran[0].seconds < _LONG:
                    ran.append(run_tool(commands[tool], timed))
    print(f"{describe_machine('numba')}; one core, {len(truth)} texts to judge\n")
    print("| tool | rounds | s | times ours | MB | P | R |\n|---|---|---|---|---|---|---|")
    ours = median(one.seconds for one in rounds["dedup copies"])
    for tool, ran in rounds.items():
        seconds, memory = (median(figure) for figure in list(zip(*ran, strict=True))[1:])
        accuracy = f"{scores[tool].precision:.3f} | {scores[tool].recall:.3f}"
        speed = f"{len(ran)} | {seconds:.1f} | {seconds / ours:.1f}"
        print(f"| {tool} | {speed} | {memory:.0f} | {accuracy} |", flush=True)


def main() -> None:
    """Measure, or group the texts on standard input, from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", help="interpreter of an environment with the peers")
    parser.add_argument("--tools", default="", help="only these, between commas")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--bases", type=int, default=2000, help="articles that are syndicated")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--group", choices=list(OURS.values()), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.group:
        texts = [json.loads(line) for line in sys.stdin]
        group_copies(texts[:10], options.group)
        began = time.perf_counter()
        print(json.dumps(group_copies(texts, options.group)))
        print("seconds", time.perf_counter() - began, file=sys.stderr)
        return
    if not (options.data / "news_30k").is_dir():
        sys.exit(f"{options.data / 'news_30k'}: not there; name the sets' folder with --data")
    tools = [tool for tool in options.tools.split(",") if tool]
    commands = list_commands(options.peers, tools)
    measure_tools(options.data, commands, options.runs, options.bases)


if __name__ == "__main__":
    main()
