"""`dedup rules`."""

from __future__ import annotations

from pathlib import Path

import click
import yaml

from dedup.cli.options import config_option
from dedup.config import load_config
from dedup.corpus.boilerplate import mine_run
from dedup.corpus.files import name_file, write_new
from dedup.strip import load_rules
from dedup.strip.boilerplate import format_rules
from dedup.strip.rules.matches import test_rule
from dedup.strip.rules.outlets import list_outlet_rules
from dedup.strip.rules.rule_set import Rule


@click.group("rules")
def rules_command() -> None:
    """List, test or mine paratext rules.

    \b
    Example:
      dedup rules test
    """


@rules_command.command("list")
@config_option
def list_command(config_path: Path | None) -> None:
    """List every rule: its id, the kind of paratext it takes off, how many examples it has."""
    for rule in _list_rules(config_path):
        click.echo(f"{rule.id}\t{rule.kind}\t{len(rule.hit)} hit, {len(rule.miss)} miss")


def _list_rules(config_path: Path | None) -> list[Rule]:
    folder = load_config(config_path).strip.outlet_rules
    return [*load_rules().rules, *list_outlet_rules(folder)]


@rules_command.command("test")
@config_option
@click.pass_context
def test_command(ctx: click.Context, config_path: Path | None) -> None:
    """Run the examples of every rule; exit 1 where one is got wrong.

    The rules are the shipped ones and, with -c, those in the folder strip.outlet_rules names.
    """
    rules = _list_rules(config_path)
    failures = [failure for rule in rules for failure in test_rule(rule)]
    for failure in failures:
        word = "misses" if failure.expected == "hit" else "takes"
        click.echo(f"{failure.rule}: {word} {failure.example!r}")
    click.echo(f"{len(rules)} rules, {len(failures)} examples wrong", err=True)
    if failures:
        ctx.exit(1)


@rules_command.command("mine")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Folder to write rules to.")
def mine_command(run: Path, out: Path | None) -> None:
    """Propose outlet rules from the lines that an outlet repeats over its stories.

    RUN is the output folder of `dedup clean`. Rules come with their counts; read them, then name
    the folder in the setting strip.outlet_rules. Without -o they are printed. An outlet needs five
    stories to be mined, so that one story told twice is not boilerplate.

    \b
    Example:
      dedup rules mine cleaned/ -o outlets/
    """
    mined = mine_run(run)
    files = format_rules(mined)
    for outlet, rules in files.items():
        text = yaml.safe_dump(rules, allow_unicode=True, sort_keys=False)
        if out:
            write_new(out / f"{name_file(outlet)}.yaml", text)
        else:
            click.echo(f"---\n{text}", nl=False)
    told = f"{len(mined)} repeated lines of {len(files)} outlets"
    click.echo(told if mined else f"{told}; pages need an `outlet` or `url`", err=True)
