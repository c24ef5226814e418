"""`dedup index`: the lasting index, JSON Lines in and out."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import click
import msgspec

from dedup.cli.clean import INTERRUPTED
from dedup.cli.options import config_option
from dedup.config import Config, load_config
from dedup.index import Index, open_index, rebuild_index
from dedup.read import read_pages
from dedup.records import Page, Rejected

_MOST_WAITING = 256  # pages of a pipe that are added together when they come fast

where_argument = click.argument("where", metavar="INDEX")
inputs_argument = click.argument("inputs", nargs=-1, required=True)
cache_option = click.option(
    "--cache", type=click.Path(path_type=Path), help="Folder for what is derived from PostgreSQL."
)


@click.group("index")
def index_command() -> None:
    """Keep an index of what has come in, and ask it: have we got this already?

    INDEX is a folder, or postgresql://user@host/database, whose log several machines may share.
    Verdicts are written as JSON Lines, each once its page is stored.

    \b
    Example:
      dedup index add news.index pages/
      tail -f pages.jsonl | dedup index add news.index -
    """


@contextmanager
def _opened(
    where: str, cache: Path | None, config: Path | None = None, *, create: bool = False
) -> Iterator[tuple[Index, Config]]:
    given = load_config(config) if config else None
    try:
        with open_index(where, given, cache=cache, create=create) as index:
            yield index, given or Config()
    except KeyboardInterrupt:
        click.echo("Interrupted. What has a verdict is stored.", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None


def _print(found: Any) -> None:
    click.echo(msgspec.json.encode(found).decode())  # echo flushes


def _refuse(found: Rejected) -> None:
    click.echo(f"Rejected: {found.source}: {found.reason}", err=True)


@index_command.command("add")
@where_argument
@inputs_argument
@config_option
@cache_option
@click.option("--replace", is_flag=True, help="Take the place of what has the same id.")
def add_command(
    where: str, inputs: tuple[str, ...], config_path: Path | None, cache: Path | None, replace: bool
) -> None:
    """Add pages, and print what each is next to all before it: new, a copy, a rewrite of what.

    INPUTS are as for `dedup clean`; - is a pipe of JSON Lines that need never end.
    """
    with _opened(where, cache, config_path, create=True) as (index, config):
        for batch in _batch(_accept(read_pages(inputs, config.read))):
            rejected: list[Rejected] = []
            added = index.add_many(batch, rejected=rejected)
            for verdict in map(index.replace, batch) if replace else added:
                _print(verdict)
            for one in rejected:
                _refuse(one)


def _accept(found: Iterable[Page | Rejected]) -> Iterator[Page]:
    for one in found:
        if isinstance(one, Rejected):
            _refuse(one)
        else:
            yield one


def _batch(pages: Iterator[Page]) -> Iterator[list[Page]]:
    """What has come in since the last batch: one page of a slow pipe, many of a file."""
    waiting: SimpleQueue[Page | BaseException | None] = SimpleQueue()
    room = threading.Semaphore(2 * _MOST_WAITING)

    def read() -> None:
        end: BaseException | None = None
        try:
            for page in pages:
                room.acquire()
                waiting.put(page)
        except BaseException as error:  # raised again where the pages are taken
            end = error
        waiting.put(end)

    threading.Thread(target=read, daemon=True).start()
    while True:
        batch = [waiting.get()]
        while isinstance(batch[-1], Page) and len(batch) < _MOST_WAITING:
            try:
                batch.append(waiting.get_nowait())
            except Empty:
                break
        taken = [page for page in batch if isinstance(page, Page)]
        for _ in taken:
            room.release()
        if taken:
            yield taken
        if isinstance(batch[-1], BaseException):
            raise batch[-1]
        if batch[-1] is None:
            return


@index_command.command("query")
@where_argument
@inputs_argument
@cache_option
def query_command(where: str, inputs: tuple[str, ...], cache: Path | None) -> None:
    """Print what pages would be if they were added; nothing is stored."""
    with _opened(where, cache) as (index, config):
        for page in _accept(read_pages(inputs, config.read)):
            _print(index.query(page))


@index_command.command("remove")
@where_argument
@click.argument("ids", nargs=-1, required=True)
@cache_option
def remove_command(where: str, ids: tuple[str, ...], cache: Path | None) -> None:
    """Remove pages by their ids, with the articles they embed; - for one id a line."""
    with _opened(where, cache) as (index, _):
        lines: Iterable[str] = sys.stdin if ids == ("-",) else ids
        for line in lines:
            if name := line.rstrip("\n"):
                _print({"id": name, "removed": index.remove(name)})


@index_command.command("expire")
@where_argument
@click.option("--before", metavar="DATE", help="ISO 8601; without a time zone it is UTC.")
@click.option("--days", type=click.FloatRange(min=0), help="So many days ago.")
@cache_option
def expire_command(where: str, before: str | None, days: float | None, cache: Path | None) -> None:
    """Remove every article that was added before a moment."""
    moment = _find_moment(before, days)
    with _opened(where, cache) as (index, _):
        _print({"before": moment.isoformat(), "removed": index.expire(before=moment)})


def _find_moment(before: str | None, days: float | None) -> datetime:
    if (before is None) == (days is None):
        raise click.UsageError("give --before DATE or --days N")
    if days is not None:
        return datetime.now(UTC) - timedelta(days=days)
    try:
        return datetime.fromisoformat(before or "")
    except ValueError:
        raise click.UsageError(f"--before {before}: not a date like 2026-11-22") from None


@index_command.command("stats")
@where_argument
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@cache_option
def stats_command(where: str, as_json: bool, cache: Path | None) -> None:
    """Print what an index holds, and what that takes."""
    with _opened(where, cache) as (index, _):
        stats = index.stats()
    if as_json:
        _print(stats)
        return
    for name, value in msgspec.to_builtins(stats).items():
        click.echo(f"{name.replace('_', ' '):<14} {_word(value)}")


def _word(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count:,} {status}" for status, count in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)


@index_command.command("clusters")
@where_argument
@cache_option
def clusters_command(where: str, cache: Path | None) -> None:
    """Print the clusters of all that is in, as a batch run has them in clusters.jsonl."""
    with _opened(where, cache) as (index, _):
        for cluster in index.clusters():
            _print(cluster)


@index_command.command("verify")
@where_argument
@cache_option
@click.pass_context
def verify_command(ctx: click.Context, where: str, cache: Path | None) -> None:
    """Hold the log and what is derived from it against each other; exit 1 where they disagree."""
    with _opened(where, cache) as (index, _):
        faults = index.verify()
    for fault in faults:
        _print(fault)
    click.echo(f"{len(faults)} faults", err=True)
    if faults:
        ctx.exit(1)


@index_command.command("compact")
@where_argument
@cache_option
def compact_command(where: str, cache: Path | None) -> None:
    """Delete for good what was removed, and give its room back to the disk."""
    with _opened(where, cache) as (index, _):
        index.compact()


@index_command.command("rebuild")
@where_argument
@config_option
@cache_option
def rebuild_command(where: str, config_path: Path | None, cache: Path | None) -> None:
    """Give an index another recipe, or this version's: its stored bodies are sketched anew."""
    rebuild_index(where, load_config(config_path), cache=cache)
