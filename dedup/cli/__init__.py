"""The `dedup` command: each subcommand opens, calls one library function, and prints.

Data goes to standard output, messages go to standard error. Exit: 0 done, 1 an expectation
failed, 2 wrong usage, config or input, 130 interrupted. Subcommands are imported when called, so
that `--help` stays quick.
"""

from __future__ import annotations

import sys
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

from dedup.cli.kernel_cache import find_cache
from dedup.cli.options import INTERRUPTED, is_interrupt
from dedup.errors import DedupError
from dedup.version import __version__

# Name, module below dedup.cli, and the line `dedup --help` shows: known without importing it.
_COMMANDS = {
    "clean": (
        "clean",
        "Clean a folder of scraped pages: chrome off, copies found, one of each kept.",
    ),
    "strip": ("strip", "Take the chrome off one page and print its body."),
    "why": ("why", "Say why an article of a run was kept or dropped, and for what."),
    "compare": ("compare", "Say why two pages are, or are not, duplicates."),
    "check": ("check", "Check a tester's expectations in a pairs file."),
    "index": ("index", "Keep an index of what has come in: have we got this already?"),
    "rules": ("rules", "List, test or mine paratext rules."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported only when they are run or asked for help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        find_cache(Path(__file__).parent.parent)  # before anything imports numba
        module = import_module(f"dedup.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DedupError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(2)
        except (KeyboardInterrupt, SystemError) as error:  # a command that has no more to say of it
            if not is_interrupt(error):
                raise
            click.echo("Interrupted.", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dedup")
def main() -> None:
    """Find which scraped news articles are copies or rewrites of one another, and say why.

    \b
    Example:
      dedup clean pages/ -o cleaned/
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that lacks a character gets its code
            stream.reconfigure(errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
