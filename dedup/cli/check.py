"""`dedup check`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dedup.check import (
    Agreement,
    CheckResult,
    check_pairs,
    count_outcomes,
    table_rows,
    to_json,
    to_junit,
)
from dedup.cli.kernel_cache import announce_compiling
from dedup.cli.options import config_option, read_config, strip_option, workers_option
from dedup.cli.progress_bars import ProgressBars
from dedup.config import StripMode
from dedup.errors import InputError


@click.command("check")
@click.argument("pairs", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--pages", multiple=True, help="Pages to check, instead of the file's corpus.")
@config_option
@strip_option
@workers_option
@click.option("--json", "as_json", is_flag=True, help="Print the verdicts as JSON.")
@click.option("--junit", type=click.Path(path_type=Path), help="Write the verdicts as JUnit XML.")
@click.pass_context
def check_command(  # one a command-line option
    ctx: click.Context,
    pairs: Path,
    pages: tuple[str, ...],
    config_path: Path | None,
    mode: StripMode | None,
    workers: int,
    as_json: bool,
    junit: Path | None,
) -> None:
    """Check a tester's expectations; exit 1, with the evidence, where one is not met.

    \b
    Example:
      dedup check seeds/pairs.yaml
    """
    config = read_config(config_path, mode)
    announce_compiling()
    checked = check_pairs(
        pairs, pages, config, workers=workers, progress=ProgressBars(quiet=as_json)
    )
    for rejected in checked.analysis.rejected:
        click.echo(f"Warning: {rejected.source}: {rejected.reason}", err=True)
    if junit:
        _write_junit(junit, checked.verdicts)
    if as_json:
        click.echo(to_json(checked.verdicts, checked.agreements), nl=False)
    else:
        _show_table(checked.verdicts)
        _show_agreements(checked.agreements)
        for verdict in checked.verdicts:
            if not verdict.ok:
                click.echo(f"\n{verdict.place}: {verdict.message}")
                if verdict.why:
                    click.echo(f"  why: {verdict.why}")
    if not checked.ok:
        ctx.exit(1)


def _write_junit(path: Path, verdicts: Sequence[CheckResult]) -> None:
    try:
        path.write_text(to_junit(verdicts), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from None


def _show_table(verdicts: Sequence[CheckResult]) -> None:
    console = Console(highlight=False)
    table = Table(show_edge=False)
    for heading in ("line", "expected", "articles", "outcome", "found"):
        table.add_column(heading, overflow="fold")
    for row in table_rows(verdicts):
        line = row.place.rpartition(":")[2]
        cells = (line, row.expected, row.articles, row.outcome, row.found)
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)
    counts = {outcome: count for outcome, count in count_outcomes(verdicts).items() if count}
    click.echo(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))


def _show_agreements(agreements: Sequence[Agreement]) -> None:
    for one in agreements:
        click.echo(
            f"truth, {one.level}: precision {one.precision:.3f}, recall {one.recall:.3f}, "
            f"F1 {one.f1:.3f} over {one.true_pairs:,} true pairs of {one.articles:,} articles"
        )
