"""Scores the stripper beside its peers: `python benchmarks/strip.py [--data FOLDER]`.

A set is a folder with `pages.jsonl` (`id`, `text`, `main`, `site`) and, for HTML, `html.jsonl.gz`
(`id`, `html`). The score is the data's own: bags of 4-word shingles, precision and recall a page,
macro averages, F1 their harmonic mean; lost10 is the share of pages whose recall falls by more than
a tenth against keeping every line; chrome is the words a page left that the gold lacks.

The golds of `strip_news_2023` and `strip_fundus` leave headline and standfirst out, a stripped
article opens with them: both are scored. With `--unseen FOLDER`, every page with HTML is scored by
a scorer that never saw its site: the folder's `0.json`, `1.json`, `2.json`, made by
`train_blocks.py --hold-out`.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dedup.config import StripConfig, StripMode
from dedup.records import Article, Page, SpanKind
from dedup.strip import strip_page
from dedup.strip.page import strip_with_text

ROOT = Path(__file__).parent.parent
SETS = ("strip_news_2023", "strip_gn1", "strip_dragnet", "strip_fundus")
SHINGLE = 4  # words; the data's own score
LOST = 0.1  # recall
SPEED_SET = "helsinki"
SPEED_LENGTH = (3000, 5200)  # characters; pages of about 4 kB
ROUNDS = 9
HTML_ROUNDS = 5
HTML_PAGES = 100
WORD = re.compile(r"\w+")

Stripper = Callable[[dict[str, Any]], str]


class Score(NamedTuple):
    """Macro averages over the pages of a set."""

    f1: float
    precision: float
    recall: float
    lost10: float
    chrome: float  # words a page
    milliseconds: float  # of processor time a page


def bag_of(text: str) -> Counter[tuple[str, ...]]:
    """The text's shingles, counted; a shorter text is one shingle."""
    words = WORD.findall(text)
    starts = range(max(1, len(words) - SHINGLE + 1)) if words else range(0)
    return Counter(tuple(words[i : i + SHINGLE]) for i in starts)


def compare_bags(gold: Counter[Any], found: Counter[Any]) -> tuple[float, float]:
    """Precision and recall."""
    if not gold or not found:
        return float(not gold and not found), float(not gold and not found)
    shared = (gold & found).total()
    return shared / found.total(), shared / gold.total()


def score_set(pages: Sequence[dict[str, Any]], stripper: Stripper) -> Score:
    """One stripper over one set, timed."""
    started = time.process_time()
    texts = [stripper(page) for page in pages]
    seconds = time.process_time() - started
    rows = [_score_page(page, text) for page, text in zip(pages, texts, strict=True)]
    precision, recall, lost, chrome = (sum(c) / len(rows) for c in zip(*rows, strict=True))
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return Score(f1, precision, recall, lost, chrome, 1000 * seconds / len(pages))


def _score_page(page: dict[str, Any], text: str) -> tuple[float, float, float, float]:
    gold, found = bag_of(page["main"]), bag_of(text)
    precision, recall = compare_bags(gold, found)
    _, most = compare_bags(gold, bag_of(page["text"]))
    words = Counter(WORD.findall(text)) - Counter(WORD.findall(page["main"]))
    return precision, recall, float(recall < most - LOST), float(words.total())


def read_set(folder: Path) -> list[dict[str, Any]]:
    """The pages of a set, with their HTML where it has any."""
    lines = (folder / "pages.jsonl").read_text(encoding="utf-8").splitlines()
    pages = [json.loads(line) for line in lines]
    archive = folder / "html.jsonl.gz"
    if archive.exists():
        with gzip.open(archive, "rt", encoding="utf-8") as file:
            html = {entry["id"]: entry["html"] for entry in map(json.loads, file)}
        for page in pages:
            page["html"] = html.get(page["id"])
    return pages


def strip_text(mode: StripMode, headline: bool = True) -> Stripper:
    """Ours, from plain text."""
    config = StripConfig(mode=mode)

    def run(page: dict[str, Any]) -> str:
        return _body(strip_page(Page(id=page["id"], text=page["text"]), config), headline)

    return run


def strip_html(unseen: Path | None, *, headline: bool = True) -> Stripper:
    """Ours, from HTML, by the shipped scorer, or by one that never saw the page's site; without
    what the page's structure alone put back (headline, standfirst) where not `headline`."""

    def run(page: dict[str, Any]) -> str:
        if unseen:
            use_scorer(unseen / f"{held_out_fold(page)}.json")
        source = Page(id=page["id"], text=page["html"], is_html=True, url=page.get("url"))
        article, text, _ = strip_with_text(source)
        if headline:
            return article.text
        body = [span for span in article.spans if span.kind is SpanKind.BODY]
        return "\n".join(text[s.start : s.end] for s in body if s.rule not in STRUCTURE)

    return run


STRUCTURE = ("blocks.headline", "blocks.standfirst")


def held_out_fold(page: dict[str, Any]) -> int:
    """The number of the scorer that never saw a page's site."""
    from train_blocks import held_out_fold  # needs lightgbm

    return int(held_out_fold(page))


def use_scorer(path: Path) -> None:
    """Makes HTML be scored by another scorer than the shipped one."""
    from dedup.strip.html import article_blocks, block_scorer

    scorer = block_scorer.load_block_scorer(path)
    article_blocks.load_block_scorer = lambda: scorer


def _body(article: Article, headline: bool) -> str:
    if headline:
        return article.text
    return "\n".join(line for line in article.text.split("\n") if line != article.title)


def with_trafilatura(page: dict[str, Any]) -> str:
    """trafilatura as it comes."""
    import trafilatura

    return trafilatura.extract(page["html"], url=page.get("url")) or ""


def with_trafilatura_precision(page: dict[str, Any]) -> str:
    """trafilatura, for precision."""
    import trafilatura

    return trafilatura.extract(page["html"], favor_precision=True, url=page.get("url")) or ""


def with_justext(page: dict[str, Any]) -> str:
    """jusText with its English list; plain text as one paragraph a line."""
    import justext

    html = page.get("html") or "".join(f"<p>{line}</p>" for line in page["text"].split("\n"))
    try:
        found = justext.justext(html, justext.get_stoplist("English"))
    except Exception:  # it fails on pages lxml cannot parse: nothing found
        return ""
    return "\n".join(p.text for p in found if not p.is_boilerplate)


def with_readability(page: dict[str, Any]) -> str:
    """readability-lxml's summary, tags taken off."""
    import lxml.html
    import readability

    try:
        summary = readability.Document(page["html"]).summary()
        return str(lxml.html.fromstring(summary).text_content())
    except Exception:  # it fails on pages lxml cannot parse: nothing found
        return ""


def with_resiliparse(page: dict[str, Any]) -> str:
    """resiliparse's main-content text."""
    from resiliparse.extract.html2text import extract_plain_text

    return str(extract_plain_text(page["html"], main_content=True))


PEERS: dict[str, tuple[str, Stripper]] = {
    "trafilatura": ("trafilatura", with_trafilatura),
    "trafilatura, favor_precision": ("trafilatura", with_trafilatura_precision),
    "jusText": ("justext", with_justext),
    "readability-lxml": ("readability", with_readability),
    "resiliparse": ("resiliparse", with_resiliparse),
}
TEXT_STRIPPERS: dict[str, Stripper] = {
    "keep everything": lambda page: str(page["text"]),
    "dedup safe": strip_text("safe"),
    "dedup auto": strip_text("auto"),
    "dedup core": strip_text("core"),
    "dedup core, headline left out": strip_text("core", headline=False),
}


def installed_peers() -> Iterator[tuple[str, Stripper]]:
    """The peers that can be imported; the others are named on stderr."""
    for name, (module, stripper) in PEERS.items():
        try:
            importlib.import_module(module)
        except ImportError:
            print(f"skipped {name}: not installed", file=sys.stderr)
        else:
            yield name, stripper


def check_bodies(pages: Sequence[dict[str, Any]], mode: StripMode) -> tuple[float, float]:
    """True bodies as input: the share of words kept, and of pages that lose over a tenth."""
    kept = total = lost = 0
    for page in pages:
        text = strip_page(Page(id=page["id"], text=page["main"]), StripConfig(mode=mode)).text
        kept += len(WORD.findall(text))
        total += len(WORD.findall(page["main"]))
        lost += compare_bags(bag_of(page["main"]), bag_of(text))[1] < 1 - LOST
    return kept / total, lost / len(pages)


def count_rebuilt(pages: Sequence[dict[str, Any]]) -> int:
    """Pages whose spans, joined, give the text back to the character, in every mode."""
    return sum(
        _is_rebuilt(page["text"], "safe") and _is_rebuilt(page["text"], "core") for page in pages
    )


def _is_rebuilt(text: str, mode: StripMode) -> bool:
    article = strip_page(Page(id="page", text=text), StripConfig(mode=mode))
    return "".join(text[span.start : span.end] for span in article.spans) == text


def _is_page_rebuilt(page: dict[str, Any]) -> bool:
    article, text, _ = strip_with_text(Page(id="page", text=page["html"], is_html=True))
    return "".join(text[span.start : span.end] for span in article.spans) == text


def measure_html_speed(folder: Path) -> None:
    """Prints processor time a page of HTML beside trafilatura's own, medians of some rounds."""
    pages = [page for page in read_set(folder) if page.get("html")][:HTML_PAGES]
    strippers = {"dedup": strip_html(None), **{n: s for n, (_, s) in list(PEERS.items())[:2]}}
    for stripper in strippers.values():
        stripper(pages[0])
    busy: dict[str, list[float]] = {name: [] for name in strippers}
    for _ in range(HTML_ROUNDS):
        for name, stripper in strippers.items():
            busy[name].append(score_set(pages, stripper).milliseconds)
    print(f"\n### {folder.name}, HTML: {len(pages)} pages, ms of processor time a page\n")
    for name, times in busy.items():
        print(f"{name}: {statistics.median(times):.1f}")


def measure_speed(folder: Path) -> None:
    """Prints pages a second in safe mode, the median of some rounds over a set's pages of 4 kB.

    Each page comes once a round, and the stripper keeps nothing of a page that could help it with
    the same page in the next: only whether the last eight texts are ASCII.
    """
    shortest, longest = SPEED_LENGTH
    texts = [page["text"] for page in read_set(folder)]
    pages = [Page(id="page", text=text) for text in texts if shortest <= len(text) <= longest]
    seconds, busy = [], []
    for _ in range(ROUNDS + 1):  # the first loads rules and word lists
        started = time.perf_counter(), time.process_time()
        for page in pages:
            strip_page(page, StripConfig(mode="safe"))
        seconds.append(time.perf_counter() - started[0])
        busy.append(time.process_time() - started[1])
    size = statistics.mean(len(page.text) for page in pages)
    rate, of_processor = (len(pages) / statistics.median(times[1:]) for times in (seconds, busy))
    print(f"\n### {folder.name}, safe mode: {len(pages)} pages of {size:.0f} characters\n")
    print(f"{rate:.0f} pages/s; {of_processor:.0f} a second of processor time")


def held_out(pages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pages whose sites the shipped scorer was not trained on."""
    from train_strip import is_held_out  # needs lightgbm

    return [page for page in pages if is_held_out(page)]


def print_table(title: str, pages: Sequence[dict[str, Any]], rows: dict[str, Stripper]) -> None:
    """A table in Markdown."""
    print(f"\n### {title}: {len(pages)} pages\n")
    print("| stripper | F1 | P | R | lost10 | chrome words | ms a page |")
    print("|---|---|---|---|---|---|---|")
    for name, stripper in rows.items():
        s = score_set(pages, stripper)
        numbers = f"{s.f1:.3f} | {s.precision:.3f} | {s.recall:.3f} | {s.lost10:.1%}"
        print(f"| {name} | {numbers} | {s.chrome:.0f} | {s.milliseconds:.1f} |", flush=True)


def run_set(folder: Path, inputs: Sequence[str], unseen: Path | None) -> None:
    """All tables of one set."""
    pages = read_set(folder)
    if "text" in inputs:
        print_table(f"{folder.name}, plain text", pages, TEXT_STRIPPERS)
        if folder.name == "strip_news_2023":
            print_table("its sites in no training set", held_out(pages), TEXT_STRIPPERS)
        modes: tuple[StripMode, ...] = ("safe", "auto")
        for mode in modes:
            kept, lost = check_bodies(pages, mode)
            print(f"\ntrue bodies in, {mode}: {kept:.2%} of words kept, lost10 {lost:.2%}")
        print(f"\nrebuilt from their spans: {count_rebuilt(pages)} of {len(pages)} pages")
    if "html" in inputs:
        marked = [page for page in pages if page.get("html")]
        ours = {
            "dedup": strip_html(unseen),
            "dedup, headline and standfirst as the scorer says": strip_html(unseen, headline=False),
        }
        print_table(f"{folder.name}, HTML", marked, {**ours, **dict(installed_peers())})
        rebuilt = sum(_is_page_rebuilt(page) for page in marked)
        print(f"\nrebuilt from their spans: {rebuilt} of {len(marked)} pages")


def main() -> None:
    """Reads the options and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--unseen", type=Path, help="folder of scorers trained without a fold")
    kinds = ("speed", "text", "html")
    parser.add_argument("--inputs", nargs="+", default=kinds, choices=kinds)
    arguments = parser.parse_args()
    speed_set = arguments.data / SPEED_SET
    if "speed" in arguments.inputs and (speed_set / "pages.jsonl").exists():
        measure_speed(speed_set)
    for name in arguments.sets:
        folder = arguments.data / name
        if not (folder / "pages.jsonl").exists():
            print(f"skipped {name}: no pages.jsonl in {folder}", file=sys.stderr)
            continue
        if "speed" in arguments.inputs and (folder / "html.jsonl.gz").exists():
            measure_html_speed(folder)
        run_set(folder, arguments.inputs, arguments.unseen)


if __name__ == "__main__":
    main()
