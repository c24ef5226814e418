"""Whether two revisions write the same bytes: for a change that is not meant to change any result.

    python benchmarks/same.py --base HEAD~1

Each revision is run from a folder of its own, as a user would run it: `clean` over the seeds, the
Helsinki pages, `news_30k` and a sample of HTML pages; then an index is filled and clustered. What
is compared is every file of a run but `summary.json`, which has seconds and the recipe, and every
verdict. Sets that are not there are left out, and the output says so.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = "import sys; from dedup.cli import main; sys.exit(main())"
# By the library: the command adds what has come in since it last looked, so its batches, and with
# them the word counts that a story score depends on, are a matter of time.
ADD = """
import sys, dedup, msgspec
with dedup.open_index(sys.argv[1]) as index:
    for verdict in index.add_many(dedup.read_pages([sys.argv[2]])):
        known = verdict.status, verdict.id, verdict.canonical, verdict.matches
        print(msgspec.json.encode(known).decode())
    for cluster in index.clusters():
        print(msgspec.json.encode(cluster).decode())
"""
INDEXED = 6_000  # articles of `news_30k` that are added to an index
HTML_PAGES = 120


def run_dedup(tree: Path, *arguments: str | Path, code: str = COMMAND) -> bytes:
    """What `dedup` of that tree prints."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(
        command, env=environment, cwd=tree, check=False, capture_output=True, text=False
    )
    if done.returncode:
        sys.exit(f"{tree}: {' '.join(command[2:])}\n{done.stderr.decode()}")
    return done.stdout


def digest_files(folder: Path) -> Iterator[tuple[str, str]]:
    """The files of a run with their digests; the bodies of kept pages under one name."""
    bodies = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or name == "summary.json":
            continue
        if name.startswith("kept/"):
            bodies.update(name.encode() + path.read_bytes())
        else:
            yield name, hashlib.sha256(path.read_bytes()).hexdigest()
    yield "kept/", bodies.hexdigest()


def digest_tree(tree: Path, inputs: dict[str, Path], indexed: Path | None) -> dict[str, str]:
    """By output its digest, for one revision."""
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for set_name, path in inputs.items():
            run_dedup(tree, "clean", path, "-o", work / set_name)
            for file, digest in digest_files(work / set_name):
                found[f"{set_name}: {file}"] = digest
        if indexed:
            answers = run_dedup(tree, work / "index", indexed, code=ADD)
            found["index: verdicts and clusters"] = hashlib.sha256(answers).hexdigest()
    return found


def sample_html(source: Path, target: Path) -> Path:
    """A file of JSON Lines with some of the HTML pages of a labelled set."""
    with gzip.open(source, "rt") as lines, target.open("w") as out:
        for line in islice(lines, HTML_PAGES):
            row = json.loads(line)
            out.write(json.dumps({"id": str(row["id"]), "html": row["html"]}) + "\n")
    return target


def unpack(source: Path, target: Path, count: int) -> Path:
    """The first lines of a compressed file."""
    with gzip.open(source, "rt") as lines, target.open("w") as out:
        out.writelines(islice(lines, count))
    return target


def main() -> None:
    """Run both revisions and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", default="HEAD", help="the revision to compare with")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work, base = Path(name), Path(name, "base")
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", "--quiet", str(base), given.base], check=True)
        try:
            inputs = {"seeds": ROOT / "seeds", "helsinki": given.data / "helsinki/pages.jsonl"}
            news = given.data / "news_30k/articles.jsonl.gz"
            html = given.data / "strip_news_2023/html.jsonl.gz"
            inputs["news_30k"] = news
            if html.exists():
                inputs["html"] = sample_html(html, work / "html.jsonl")
            for absent in [one for one, path in inputs.items() if not path.exists()]:
                print(f"left out, not there: {inputs.pop(absent)}")
            indexed = unpack(news, work / "indexed.jsonl", INDEXED) if news.exists() else None
            before = digest_tree(base, inputs, indexed)
            after = digest_tree(ROOT, inputs, indexed)
        finally:
            subprocess.run([*git, "remove", "--force", str(base)], check=True)
    differing = [one for one in sorted({*before, *after}) if before.get(one) != after.get(one)]
    print(f"{len(after)} outputs compared with {given.base}: {len(differing)} differ")
    for one in differing:
        print(f"  {one}")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
