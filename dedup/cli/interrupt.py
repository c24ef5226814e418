"""Interrupt: Ctrl-C in words, wherever it falls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

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
