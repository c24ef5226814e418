"""What is left on HTML, read by eye: `python benchmarks/left.py [--data FOLDER]`.

Half of what the gold of `strip_news_2023` lacks is the article's own: key points, tables, captions,
paragraphs that whoever cut it by hand passed over. `verdicts/html/left.tsv` says it of each line
that dedup or trafilatura left on 60 pages (seed 41) and the gold lacks: `own` or `chrome`, by the
line's md5. Where that was open (a list of sources, a recipe's figures, captions) it is `own`.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from strip import ROOT, WORD, read_set, strip_html, with_trafilatura_precision

VERDICTS = Path(__file__).parent / "verdicts" / "html" / "left.tsv"
NAME = "strip_news_2023"
FEW = 3  # words a line must have beyond the gold's to be read
SHINGLE = 4


def main() -> None:
    """Reads the options and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    folder = parser.parse_args().data / NAME
    verdicts = read_verdicts()
    read = {page for page, _ in verdicts}
    pages = [page for page in read_set(folder) if page["id"] in read]
    print("| words a page | not in the gold | of them chrome | unread |\n|---|---|---|---|")
    for name, stripper in (
        ("dedup", strip_html(None)),
        ("trafilatura", with_trafilatura_precision),
    ):
        found: Counter[str] = Counter()
        for page in pages:
            found += weigh_left(page, stripper(page), verdicts)
        left, chrome, unread = (found[kind] / len(pages) for kind in ("left", "chrome", "unread"))
        print(f"| {name} | {left:.1f} | {chrome:.1f} | {unread:.1f} |", flush=True)


def read_verdicts() -> dict[tuple[str, str], str]:
    """`own` or `chrome` by page and line key."""
    rows = (line.split("\t") for line in VERDICTS.read_text(encoding="utf-8").splitlines())
    return {(page, key): verdict for page, key, verdict in rows}


def weigh_left(
    page: dict[str, Any], text: str, verdicts: dict[tuple[str, str], str]
) -> Counter[str]:
    """The words of a page's text that its gold lacks, by verdict."""
    found: Counter[str] = Counter()
    for line, words in lines_left(text, page["main"]):
        found["left"] += words
        if words >= FEW:
            found[verdicts.get((page["id"], line_key(line)), "unread")] += words
    return found


def line_key(line: str) -> str:
    """A line as the verdicts know it."""
    return hashlib.md5(" ".join(line.split()).encode()).hexdigest()[:12]


def lines_left(text: str, gold: str) -> Iterator[tuple[str, int]]:
    """Lines with words that the gold lacks; the lines most like the gold take its words first."""
    words = WORD.findall(gold)
    shingles = {tuple(words[i : i + SHINGLE]) for i in range(len(words))}
    rest = Counter(words)
    lines = [(line, WORD.findall(line)) for line in text.split("\n") if line.strip()]
    for line, said in sorted(lines, key=lambda entry: -_share(entry[1], shingles)):
        beyond = Counter(said) - rest
        rest -= Counter(said)
        if beyond:
            yield line, beyond.total()


def _share(words: list[str], shingles: set[tuple[str, ...]]) -> float:
    found = [tuple(words[i : i + SHINGLE]) in shingles for i in range(len(words) - SHINGLE + 1)]
    return sum(found) / len(found) if found else 0.0


if __name__ == "__main__":
    main()
