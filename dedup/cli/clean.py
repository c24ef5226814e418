"""`dedup clean`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from dedup.cli.kernel_cache import announce_compiling
from dedup.cli.options import (
    config_option,
    read_config,
    strip_option,
    worded_interrupt,
    workers_option,
)
from dedup.cli.progress_bars import ProgressBars
from dedup.config import DropLevel, StripMode
from dedup.corpus.known import read_kept
from dedup.corpus.output import Summary
from dedup.corpus.workspace import CleanOptions
from dedup.errors import InputError
from dedup.index import open_index
from dedup.index.location import LOG_NAME
from dedup.pipeline import clean
from dedup.records import Article

_COUNTS = {
    "pages": "pages read",
    "rejected": "rejected",
    "articles": "articles",
    "embedded": "embedded articles",
    "empty": "without a body",
    "copies": "copies, covered by what is kept",
    "versions": "versions, with text of their own",
    "clusters_of_copies": "clusters of copies",
    "in_doubt": "in doubt, so not dropped",
    "rewrites": "rewrites of another",
    "stories": "stories told more than once",
    "kept": "kept",
    "known": "known from before, not written again",
}
_DROPPED = {
    "copy": "copies",
    "version": "versions",
    "rewrite": "rewrites",
    "embedded": "embedded articles",
}


@click.command("clean")
@click.argument("inputs", nargs=-1, required=True)
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help="Folder to write to."
)
@config_option
@click.option(
    "--drop",
    type=click.Choice(["copies", "versions", "stories", "nothing"]),
    default="copies",
    show_default=True,
    help="What is not kept: copies whose text is in what is kept; versions, which have text of "
    "their own, too; rewrites of a story too; or nothing.",
)
@click.option("--keep-embedded", is_flag=True, help="Keep articles embedded in other pages too.")
@strip_option
@workers_option
@click.option(
    "--against",
    metavar="RUN_OR_INDEX",
    help="Output folder of an older run, or an index. What that has is not written again.",
)
@click.option("--resume", is_flag=True, help="Go on with a run that was interrupted.")
@click.option("--overwrite", is_flag=True, help="Replace the run that is in the folder.")
@click.option("--strict", is_flag=True, help="Stop at the first input that cannot be read.")
@click.option(
    "--no-report",
    is_flag=True,
    expose_value=False,
    help="Write no HTML report. None is written yet: scripts may say so already.",
)
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
def clean_command(  # one a command-line option
    inputs: tuple[str, ...],
    out: Path,
    config_path: Path | None,
    drop: DropLevel,
    keep_embedded: bool,
    mode: StripMode | None,
    workers: int,
    against: str | None,
    resume: bool,
    overwrite: bool,
    strict: bool,
    quiet: bool,
) -> None:
    """Clean scraped pages: chrome off, copies and rewrites found, one of each kept.

    INPUTS are pages (.txt .html .htm .md), JSON Lines (.jsonl, .jsonl.gz, .jsonl.zst; keys id,
    text or html, optional url outlet published language), Parquet with those columns, folders of
    all these, or - for JSON Lines on standard input. They are never written to. docs/files.md
    explains what is.

    \b
    Example:
      dedup clean pages/ -o cleaned/
      dedup clean 2024.jsonl.gz 2025.jsonl.gz -o cleaned/ --drop stories
      dedup clean 2025.jsonl.gz -o new/ --against cleaned/
    """
    config = read_config(config_path, mode)
    if not quiet:
        announce_compiling()
    options = CleanOptions(
        drop=drop,
        keep_embedded=keep_embedded,
        workers=workers,
        resume=resume,
        overwrite=overwrite,
        strict=strict,
    )
    with (
        worded_interrupt("Interrupted. Go on with the same command and --resume."),
        open_known(against) as known,
    ):
        progress = ProgressBars(quiet=quiet)
        summary = clean(inputs, out, config, options, progress, known=known)
    if not summary.counts["pages"]:
        raise InputError(f"no page was read; {out / 'rejected.jsonl'} says why")
    if not quiet:
        show_summary(summary, out)


@contextmanager
def open_known(where: str | None) -> Iterator[Iterable[Article]]:
    """The kept articles of an older run or an index; raises `InputError` where it is neither."""
    if where is None:
        yield ()
    elif (Path(where) / "articles.jsonl").exists():
        yield read_kept(Path(where))
    elif "://" in where or (Path(where) / LOG_NAME).exists():
        with open_index(where, create=False) as index:
            yield index.kept_articles()
    else:
        raise InputError(f"{where}: neither the output folder of dedup clean nor an index")


def show_summary(summary: Summary, out: Path) -> None:
    """The closing tables, and where to look, on standard error."""
    console = Console(stderr=True, highlight=False)
    table = Table(show_header=False, show_edge=False)
    table.add_column()
    table.add_column(justify="right")
    for key, label in _COUNTS.items():
        if key == "known" and not summary.counts[key]:
            continue
        table.add_row(label, f"{summary.counts[key]:,}")
    table.add_section()
    for relation, count in summary.matches.items():
        table.add_row(f"matches: {relation}", f"{count:,}")
    table.add_section()
    for status, found in summary.dropped_words.items():
        table.add_row(f"words dropped: {_DROPPED[status]}", f"{found.words:,}")
        table.add_row("  of them lost: in no kept article", f"{found.lost:,}")
    table.add_section()
    for kind, count in summary.removed_characters.items():
        table.add_row(f"characters removed: {kind.replace('_', ' ')}", f"{count:,}")
    table.add_section()
    for stage, seconds in summary.seconds.items():
        table.add_row(f"seconds: {stage}", f"{seconds:,.1f}")
    console.print(table)
    for warning in summary.warnings:
        console.print(f"Warning: {warning}", markup=False)
    if summary.counts["rejected"]:
        console.print(f"{out / 'rejected.jsonl'} says why inputs were rejected", markup=False)
    console.print(
        f"Bodies and files are in {out}; start with {out / 'clusters.jsonl'}", markup=False
    )
