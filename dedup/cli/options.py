"""Options that several commands have, the exit codes, and what an interrupt says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from dedup.config import Config, StripMode, load_config

config_option = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="YAML settings, or `precision` or `recall` for fewer and surer or for more rewrites. "
    "configs/default.yaml has every key.",
)
strip_option = click.option(
    "--strip",
    "mode",
    type=click.Choice(["auto", "safe", "core", "off"]),
    help="How to take the chrome off; auto chooses by the page.  [default: auto]",
)
workers_option = click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=lambda: len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1,
    help="Processes and threads.  [default: one a core]",
)


def read_config(path: Path | None, mode: StripMode | None = None) -> Config:
    """The config of a file, with the strip mode that the command line gives instead."""
    config = load_config(path)
    if mode is None:
        return config
    return msgspec.structs.replace(config, strip=msgspec.structs.replace(config.strip, mode=mode))


INTERRUPTED = 130  # exit code of what ended by Ctrl-C, as shells have it


@contextmanager
def worded_interrupt(words: str) -> Iterator[None]:
    """Says these words when it is interrupted, and ends the command."""
    try:
        yield
    except (KeyboardInterrupt, SystemError) as error:
        if not is_interrupt(error):
            raise
        click.echo(words, err=True)
        raise click.exceptions.Exit(INTERRUPTED) from None


def is_interrupt(error: BaseException | None) -> bool:
    """Whether it is an interrupt, or what Python makes of one that falls in a compiled kernel."""
    while isinstance(error, SystemError):
        error = error.__cause__ or error.__context__
    return isinstance(error, KeyboardInterrupt)
