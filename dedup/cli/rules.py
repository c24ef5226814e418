"""`dedup rules`."""

from __future__ import annotations

import click

from dedup.strip import load_rules, test_rules


@click.group("rules")
def rules_command() -> None:
    """List or test the paratext rules.

    \b
    Example:
      dedup rules test
    """


@rules_command.command("list")
def list_command() -> None:
    """List every rule: its id, the kind of paratext it takes off, how many examples it has."""
    for rule in load_rules().rules:
        click.echo(f"{rule.id}\t{rule.kind}\t{len(rule.hit)} hit, {len(rule.miss)} miss")


@rules_command.command("test")
@click.pass_context
def test_command(ctx: click.Context) -> None:
    """Run the examples of every rule; exit 1 where one is got wrong."""
    failures = test_rules()
    for failure in failures:
        word = "misses" if failure.expected == "hit" else "takes"
        click.echo(f"{failure.rule}: {word} {failure.example!r}")
    click.echo(f"{len(load_rules().rules)} rules, {len(failures)} examples wrong", err=True)
    if failures:
        ctx.exit(1)
