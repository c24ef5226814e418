"""Connect: to the SQL database that holds an index's log, and what its errors mean for a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from dedup.errors import StoreError
from dedup.index.location import LOG_NAME, MEMORY, is_url, show_place

Durability = Literal["normal", "full"]
_PATIENCE_SECONDS = 60  # how long a writer waits for its turn
_PAUSE_SECONDS = 0.01
_HANGING_SECONDS = 300  # after which a silent writer loses its turn
# Larger than SQLite's own: a record with its body is 1 to 2 kB, and a page holds whole ones.
_PAGE_BYTES = 8192

# Of the write-ahead log, after which it is copied into the database: one commit in a thousand waits
# for that, for some 20 ms.
_WAITING_PAGES = 4000


def make_engine(where: str) -> sa.Engine:
    """The engine of an index: `where` is a folder, `:memory:` or a PostgreSQL URL.

    Raises `StoreError` where the driver is missing or the folder cannot be used.
    """
    if is_url(where):
        return _make_postgres(where)
    # Absolute: the process may go elsewhere before it connects again.
    path = MEMORY if where == MEMORY else str(Path(where).absolute() / LOG_NAME)
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=path),
        isolation_level="AUTOCOMMIT",  # transactions are begun by `Log`, in so many words
        poolclass=sa.pool.StaticPool,
        connect_args={"timeout": _PATIENCE_SECONDS, "check_same_thread": False},
    )

    def prepare(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA page_size={_PAGE_BYTES}")
        connection.execute(f"PRAGMA wal_autocheckpoint={_WAITING_PAGES}")
        _keep_wal(connection)

    event.listen(engine, "connect", prepare)
    return engine


def _keep_wal(connection: Any) -> None:
    """Switch a new log to a write-ahead log; SQLite waits for nobody there, so this does."""
    deadline = monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > deadline:
                raise
            sleep(_PAUSE_SECONDS)


def compile_statement(statement: Any, dialect: sa.Dialect) -> tuple[str, tuple[str, ...]]:
    """A statement as the driver takes it, and the names of its values where it takes them in order.

    SQLAlchemy's own way from a statement to the driver takes longer than SQLite does to run it.
    """
    compiled = statement.compile(dialect=dialect)
    return str(compiled), tuple(compiled.positiontup or ())


def describe_durability(where: str, durability: Durability) -> str:
    """The statement by which a connection is told how surely to store."""
    full = durability == "full"
    if is_url(where):
        return f"SET synchronous_commit TO {'on' if full else 'DEFAULT'}"
    return f"PRAGMA synchronous={'FULL' if full else 'NORMAL'}"


def run_sqlite(connection: sa.Connection, sql: str, given: Any) -> list[Any]:
    """The rows of one statement with its values, or with each of a list of tuples.

    Run on the driver's own connection: what SQLAlchemy does besides takes longer than SQLite.
    Raises what SQLAlchemy would.
    """
    driver: Any = connection.connection.dbapi_connection
    try:
        many = bool(given) and isinstance(given[0], tuple)
        rows: list[Any] = (driver.executemany if many else driver.execute)(sql, given).fetchall()
    except sqlite3.Error as error:
        raise DBAPIError.instance(sql, None, error, sqlite3.Error) from error
    return rows


def _make_postgres(where: str) -> sa.Engine:
    try:
        url = sa.make_url(where)
    except (ArgumentError, ValueError):
        message = "no URL that can be read; give postgresql://user@host:port/database"
        raise StoreError(f"{show_place(where)}: {message}") from None
    if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise StoreError(f"{show_place(where)}: not PostgreSQL; give postgresql://host/database")
    settings = {"lock_timeout": f"{_PATIENCE_SECONDS}s", "application_name": "dedup"}
    # A worker that hangs in its turn, or whose machine is gone, must not keep out all others.
    settings["idle_in_transaction_session_timeout"] = f"{_HANGING_SECONDS}s"
    try:
        engine = sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            isolation_level="AUTOCOMMIT",
            pool_size=1,
            connect_args={"connect_timeout": 10},
        )
    except (NoSuchModuleError, ImportError):
        message = "PostgreSQL needs psycopg; install the extra: pip install 'dedup[postgres]'"
        raise StoreError(f"{show_place(where)}: {message}") from None

    def prepare(connection: Any, _record: Any) -> None:
        for name, value in settings.items():
            connection.execute("SELECT set_config(%s, %s, false)", (name, value))

    event.listen(engine, "connect", prepare)
    return engine


@contextmanager
def worded_errors(where: str) -> Iterator[None]:
    """Words what the database raises as `StoreError`."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"{show_place(where)}: {_word(error)}") from error
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
        raise StoreError(f"{show_place(where)}: {message}; nothing acknowledged is lost") from error


_WAITED = f"no turn to write came for {_PATIENCE_SECONDS} s: others are writing; try again"
_SQLITE_WORDS = {  # by the beginning of the error's name
    "SQLITE_FULL": "disk full; nothing acknowledged is lost: make room and add again",
    "SQLITE_READONLY_DBMOVED": "moved or deleted while it was open; open it where it is now",
    "SQLITE_READONLY": "may not be written; give write access to the folder and all in it",
    "SQLITE_CANTOPEN": "cannot be opened: the folder is gone, or may not be written, or too many "
    "files are open",
    "SQLITE_NOTADB": "its log is no SQLite database; restore it, or give another folder",
    "SQLITE_CORRUPT": "its log is damaged; restore it (sqlite3 .recover saves what can be)",
    "SQLITE_BUSY": _WAITED,
    "SQLITE_PROTOCOL": "too many processes begin to use it at once; try again",
    "SQLITE_IOERR": "its disk fails or is full; nothing acknowledged is lost: add again",
}


def _word(error: DBAPIError) -> str:
    name = getattr(error.orig, "sqlite_errorname", "")
    for known, words in _SQLITE_WORDS.items():
        if name.startswith(known):
            return words
    first = str(error.orig).strip().partition("\n")[0]
    return first if name else _describe_postgres(first, getattr(error.orig, "sqlstate", None))


def _describe_postgres(message: str, state: str | None) -> str:
    """By the classes of SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html"""
    if state == "55P03":  # lock_not_available
        return _WAITED
    if state is not None and state.startswith("53"):  # disk full, memory, connections
        return f"{message}; nothing acknowledged is lost: make room there and add again"
    if state is not None and not state.startswith(("08", "25", "57")):
        return message
    # Whether what was being committed when the server went is stored, only the server knows.
    advice = "is the server running, and the URL right? What was not acknowledged, add again"
    return f"{message}; {advice}"
