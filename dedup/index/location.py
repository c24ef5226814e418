"""Where an index lies: a folder, a database URL, or memory."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

MEMORY = ":memory:"
LOG_NAME = "log.sqlite"


def is_url(where: str) -> bool:
    """Whether an index is named by a URL."""
    return "://" in where


def show_place(where: str) -> str:
    """An index's name for messages: a URL without its password."""
    if not is_url(where):
        return where
    try:
        return sa.make_url(where).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return f"{where.partition('://')[0]}://…"


DERIVED = "derived"  # beside a log in a folder
