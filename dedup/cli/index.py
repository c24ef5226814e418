"""`dedup index`: the lasting index, JSON Lines in and out."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import msgspec

from dedup.cli.kernel_cache import announce_compiling
from dedup.cli.options import config_option, read_config, worded_interrupt
from dedup.cli.page_batches import accept_pages, batch_incoming, read_ids, refuse
from dedup.cli.progress_bars import ProgressBars
from dedup.config import Config
from dedup.errors import InputError, StoreError
from dedup.index import Index, Verdict, open_index, rebuild_index
from dedup.read import STDIN, read_pages
from dedup.records import Page, Rejected

_INTERRUPTED = "Interrupted. What was printed is done, and stored; the same command does the rest."

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
    where: str, cache: Path | None, config: Config | None = None, *, create: bool = False
) -> Iterator[Index]:
    announce_compiling()
    with (
        worded_interrupt(_INTERRUPTED),
        open_index(
            where, config, cache=cache, create=create, progress=ProgressBars(quiet=False)
        ) as index,
    ):
        yield index


def _print(found: Any) -> None:
    click.echo(msgspec.json.encode(found).decode())  # echo flushes


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

    INPUTS are as for `dedup clean`; - is a pipe of JSON Lines that need never end. What cannot be
    added is said on standard error, with its line, and the rest goes on.

    \b
    Example:
      dedup index add news.index pages/ monday.jsonl.gz
      tail -f pages.jsonl | dedup index add news.index - --replace >> verdicts.jsonl
    """
    config = read_config(config_path) if config_path else None
    pages = read_pages(inputs, (config or Config()).read)  # before an index is made for nothing
    counts: Counter[str] = Counter()
    with _opened(where, cache, config, create=True) as index:
        for batch in batch_incoming(accept_pages(pages, counts)):
            rejected: list[Rejected] = []
            if replace:
                verdicts = list(_replace(index, batch, rejected))
            else:
                verdicts = list(index.add_many(batch, rejected=rejected))
            _tell(verdicts)
            for one in rejected:
                refuse(one)
            counts.update(verdict.status for verdict in verdicts)
            counts["rejected"] += len(rejected)
    said = ", ".join(f"{count:,} {word}" for word, count in sorted(counts.items()) if count)
    click.echo(f"Added: {said or 'nothing'}", err=True)


def _replace(index: Index, pages: Sequence[Page], rejected: list[Rejected]) -> Iterator[Verdict]:
    for page in pages:
        try:
            yield index.replace(page)
        except InputError as error:
            rejected.append(Rejected(page.source or page.id, str(error)))


def _tell(verdicts: Sequence[Verdict]) -> None:
    """Print verdicts of pages that are stored; raises `StoreError` where nobody reads them."""
    for number, verdict in enumerate(verdicts):
        try:
            _print(verdict.as_dict())
        except BrokenPipeError:
            # Else Python would try again when it ends: https://docs.python.org/3/library/signal.html
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            unread = len(verdicts) - number
            message = f"nobody reads the verdicts any more: {unread} pages are stored without one"
            raise StoreError(f"stdout: {message}, from {verdict.id!a} on") from None


@index_command.command("query")
@where_argument
@inputs_argument
@cache_option
def query_command(where: str, inputs: tuple[str, ...], cache: Path | None) -> None:
    """Print what pages would be if they were added; nothing is stored.

    \b
    Example:
      dedup index query news.index page.html
      tail -f pages.jsonl | dedup index query news.index -
    """
    pages = read_pages(inputs, Config().read)
    with _opened(where, cache) as index:
        for page in accept_pages(pages):
            _print(index.query(page).as_dict())


@index_command.command("remove")
@where_argument
@click.argument("ids", nargs=-1, required=True)
@cache_option
@click.pass_context
def remove_command(
    ctx: click.Context, where: str, ids: tuple[str, ...], cache: Path | None
) -> None:
    """Remove pages by their ids, with the articles they embed; - for one id a line on stdin.

    An id that the index does not have is said, the others are removed, and the exit code is 2.

    \b
    Example:
      dedup index remove news.index 2026/11/22/flood
      jq -r .id withdrawn.jsonl | dedup index remove news.index -
    """
    unknown = 0
    with _opened(where, cache) as index:
        for name in read_ids() if ids == (STDIN,) else ids:
            try:
                _print({"id": name, "removed": index.remove(name)})
            except InputError as error:
                unknown += 1
                click.echo(f"Not removed: {error}", err=True)
    if unknown:
        ctx.exit(2)


@index_command.command("expire")
@where_argument
@click.option("--before", metavar="DATE", help="ISO 8601; without a time zone it is UTC.")
@click.option("--days", type=click.FloatRange(min=0), help="So many days ago.")
@cache_option
def expire_command(where: str, before: str | None, days: float | None, cache: Path | None) -> None:
    """Remove every article that was added before a moment.

    \b
    Example:
      dedup index expire news.index --days 90
      dedup index expire news.index --before 2026-08-24T12:00+02:00
    """
    moment = _find_moment(before, days)
    with _opened(where, cache) as index:
        _print({"before": moment.isoformat(), "removed": index.expire(before=moment)})


def _find_moment(before: str | None, days: float | None) -> datetime:
    if (before is None) == (days is None):
        raise click.UsageError("give --before DATE or --days N")
    try:
        if days is not None:
            return datetime.now(UTC) - timedelta(days=days)
        return datetime.fromisoformat(before or "")
    except OverflowError:
        raise click.UsageError(f"--days {days:g}: before the year 1") from None
    except ValueError:
        raise click.UsageError(f"--before {before}: not a date like 2026-11-22") from None


@index_command.command("stats")
@where_argument
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@cache_option
def stats_command(where: str, as_json: bool, cache: Path | None) -> None:
    """Print what an index holds, and what that takes.

    \b
    Example:
      dedup index stats news.index --json
    """
    with _opened(where, cache) as index:
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
    """Print the clusters of all that is in, as a batch run has them in clusters.jsonl.

    \b
    Example:
      dedup index clusters news.index > clusters.jsonl
    """
    with _opened(where, cache) as index:
        for cluster in index.clusters(ProgressBars(quiet=False)):
            _print(cluster)


@index_command.command("verify")
@where_argument
@cache_option
@click.pass_context
def verify_command(ctx: click.Context, where: str, cache: Path | None) -> None:
    """Hold the log and what is derived from it against each other; exit 1 where they disagree.

    \b
    Example:
      dedup index verify news.index
    """
    with _opened(where, cache) as index:
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
    """Delete for good what was removed, and give its room back to the disk.

    \b
    Example:
      dedup index compact news.index
    """
    with _opened(where, cache) as index:
        before = index.stats()
        index.compact()
        after = index.stats()
    sizes = [stats.log_bytes + stats.derived_bytes for stats in (before, after)]
    click.echo(f"{sizes[0]:,} bytes before, {sizes[1]:,} now", err=True)


@index_command.command("rebuild")
@where_argument
@config_option
@cache_option
def rebuild_command(where: str, config_path: Path | None, cache: Path | None) -> None:
    """Sketch an index's stored bodies anew, for this version's rules or another config.

    Without a config it keeps its own settings.

    \b
    Example:
      dedup index rebuild news.index
      dedup index rebuild news.index -c new.yaml
    """
    announce_compiling()
    config = read_config(config_path) if config_path else None
    with worded_interrupt("Interrupted. Nothing is lost: the next command goes on with it."):
        rebuild_index(where, config, cache=cache, progress=ProgressBars(quiet=False))
