"""The log: what each article contributed, in SQL, one row an article, in one order. The only truth.

Rows are appended, never edited; a removal is a row too. A row's `sequence` is its number in the one
order that all writers share. A writer takes the next numbers in the transaction that stores their
rows, and the next writer waits for it. So a later writer has read every earlier row.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from dedup.errors import StoreError
from dedup.index.location import is_url, show_place
from dedup.index.log.database import (
    Durability,
    compile_statement,
    describe_durability,
    make_engine,
    run_sqlite,
    worded_errors,
)
from dedup.index.log.schema import (
    ADDED,
    APPEND,
    FACTS,
    FETCH,
    HEAD,
    LOOK,
    MEASURE_POSTGRES,
    MEASURE_SQLITE,
    OFTEN,
    READ,
    RECORDS,
    RENAMED,
    TABLES,
    TAKE,
    Head,
    LogRow,
)

FORMAT = 2
_READ_ROWS = 1024  # rows fetched at a time
_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Log:
    """One connection to the log; `where` is its place, for messages too."""

    def __init__(self, where: str) -> None:
        self.where, self._durability = where, describe_durability(where, "normal")
        self._engine = make_engine(where)
        dialect = self._engine.dialect
        self._compiled = {id(one): compile_statement(one, dialect) for one in OFTEN}
        self._connection: sa.Connection | None = None
        self._owner: int | None = os.getpid()  # None once it is closed
        with worded_errors(where):
            self._begin = "BEGIN" if is_url(where) else "BEGIN IMMEDIATE"
            self._begin_view = _SNAPSHOT if is_url(where) else "BEGIN"
            self._measure = MEASURE_POSTGRES if is_url(where) else MEASURE_SQLITE
            self._connected()

    def _connected(self) -> sa.Connection:
        self._check_open()
        if self._connection is not None and self._connection.invalidated:
            self.disconnect()
        if self._connection is None:
            self._connection = self._engine.connect()
            self._connection.exec_driver_sql(self._durability)
        return self._connection

    def set_durability(self, durability: Durability) -> None:
        """Store as surely as this from now on; not within a turn."""
        self._durability = describe_durability(self.where, durability)
        with worded_errors(self.where):
            self._connected().exec_driver_sql(self._durability)

    def is_open(self) -> bool:
        """Whether it is neither closed nor another process's, of which this one is a fork."""
        return self._owner == os.getpid()

    def _check_open(self) -> None:
        if self.is_open():
            return
        message = "the index was opened before this process was forked; open it in this one"
        if self._owner is None:
            message = "the index is closed; open it again"
        raise StoreError(f"{show_place(self.where)}: {message}")

    def execute(self, statement: Any, values: Any = None) -> sa.CursorResult[Any]:
        """Run a statement that is not run often."""
        return self._connected().execute(statement, values)

    def _often(self, statement: Any, values: dict[str, Any]) -> list[Any]:
        """The rows of a statement of `OFTEN`."""
        sql, names = self._compiled[id(statement)]
        return self._run(sql, tuple(values[name] for name in names) if names else values)

    def _run(self, sql: str, given: Any = ()) -> list[Any]:
        """The rows of SQL as the driver takes it, with its values, or a list of those of many."""
        connection = self._connected()
        if not is_url(self.where):
            return run_sqlite(connection, sql, given)
        result = connection.exec_driver_sql(sql, given or None)
        return list(result) if result.returns_rows else []

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A transaction that no other writer's overlaps: all of it is stored, or nothing."""
        with self._transaction(self._begin):
            yield

    @contextmanager
    def view(self) -> Iterator[None]:
        """A transaction that reads one state of the log, whatever is stored meanwhile."""
        with self._transaction(self._begin_view):
            yield

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._check_open()
        with worded_errors(self.where):
            try:  # from before the beginning: an interrupt after it must not leave it open
                self._start(begin)
                yield
                self._run("COMMIT")
            except BaseException:
                self._undo()
                raise

    def _start(self, begin: str) -> None:
        """Begin, on a new connection where the old one is gone."""
        try:
            self._run(begin)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            self.disconnect()
            self._run(begin)

    def _undo(self) -> None:
        connection = self._connection
        if connection is None or connection.invalidated:
            return
        try:
            # SQLite undoes by itself when the disk is full, and then minds being asked.
            if getattr(connection.connection.dbapi_connection, "in_transaction", True):
                connection.exec_driver_sql("ROLLBACK")
        except BaseException as error:  # gone, and the transaction with it; or interrupted again
            self.disconnect()
            if not isinstance(error, DBAPIError):
                raise

    def disconnect(self) -> None:
        """Let go of a connection that is of no use; the next statement makes another."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def take_sequence(self, count: int) -> Head:
        """Take the next places and return where the log ends then; within a turn."""
        return Head._make(self._often(TAKE, {"taken": count})[0])

    def look_alone(self) -> Head:
        """Where the log ends; within a turn, and nobody else moves it while that lasts."""
        # SQLite has locked out other writers; in PostgreSQL it is taking that does.
        return self.take_sequence(0) if is_url(self.where) else self.look()

    def look(self) -> Head:
        """Where the log ends now; within a view."""
        return Head._make(self._often(LOOK, {})[0])

    def append(self, rows: Sequence[LogRow]) -> None:
        """Store rows at places that were taken; within a turn."""
        sql, names = self._compiled[id(APPEND)]
        self._run(sql, list(rows) if names else [row._asdict() for row in rows])

    def read(self, start: int, stop: int) -> Iterator[list[LogRow]]:
        """The rows from place `start` to `stop`, some at a time; purged places are passed over."""
        for first in range(start, stop, _READ_ROWS):
            span = {"start": first, "stop": min(stop, first + _READ_ROWS)}
            with worded_errors(self.where):
                rows = self.execute(READ, span).all()
            yield [LogRow._make(row) for row in rows]

    def fetch(self, places: Sequence[int]) -> dict[int, LogRow]:
        """The rows at these places, by place."""
        found: dict[int, LogRow] = {}
        for first in range(0, len(places), _READ_ROWS):
            own = [int(k) for k in places[first : first + _READ_ROWS]]
            # The driver of SQLite keeps a statement that it has prepared by its words.
            asked = own if is_url(self.where) else "?" * len(own)
            sql = FETCH.format(", ".join(map(str, asked)))
            with worded_errors(self.where):
                rows = self._run(sql, () if is_url(self.where) else own)
            found |= {row[0]: LogRow._make(row) for row in rows}
        return found

    def added_before(self, moment: int) -> list[int]:
        """The places of the articles that were added before, removed ones too."""
        with worded_errors(self.where):
            return [row[0] for row in self.execute(ADDED, {"before": moment})]

    def purge(self, places: Sequence[int]) -> None:
        """Delete the rows of removed articles; their removals stay, for who has not read them."""
        for first in range(0, len(places), _READ_ROWS):
            gone = RECORDS.c.sequence.in_(places[first : first + _READ_ROWS])
            self.execute(sa.delete(RECORDS).where(gone))

    def measure(self) -> int:
        """The bytes of the log's tables and indexes."""
        with worded_errors(self.where):
            return int(self._connected().exec_driver_sql(self._measure).scalar_one() or 0)

    def shrink(self) -> None:
        """Give freed room back to the disk."""
        with worded_errors(self.where):
            # Of PostgreSQL this table only: the database may hold others' too.
            table = f" {RECORDS.name}" if is_url(self.where) else ""
            self._connected().exec_driver_sql(f"VACUUM{table}")

    def read_facts(self) -> dict[str, str]:
        """What is known of the index as a whole; nothing of one that is not there yet.

        Raises `StoreError` where the database is something else's.
        """
        with worded_errors(self.where):
            names = set(sa.inspect(self._connected()).get_table_names())
            if FACTS.name in names:
                return {row.name: row.fact for row in self.execute(sa.select(FACTS))}
        if names and not is_url(self.where):
            raise StoreError(f"{show_place(self.where)}: its database is no index of dedup")
        return {}

    def create(self, facts: dict[str, str]) -> None:
        """Make the tables of a new index; of several who do so at once, the first."""
        with self.turn():
            if is_url(self.where):  # creating is not atomic there, even if it does not exist
                self.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('dedup'))"))
            connection = self._connected()
            if not sa.inspect(connection).has_table(FACTS.name):
                TABLES.create_all(connection, checkfirst=False)
                self.execute(sa.insert(HEAD), {"one": 1, "next_sequence": 0, "recipes": 0})
                self.execute(sa.insert(FACTS), _as_rows(facts))

    def rename_columns(self) -> None:
        """Give the columns of an older format the names that they have now; within a turn."""
        connection = self._connected()
        for table, old, new in RENAMED:
            names = {column["name"] for column in sa.inspect(connection).get_columns(table)}
            if old in names:
                statement = f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}"
                connection.exec_driver_sql(statement)

    def change_facts(self, facts: dict[str, str]) -> None:
        """Store other facts, and tell every process that has the index open; within a turn."""
        self.execute(sa.update(HEAD).values(recipes=HEAD.c.recipes + 1))  # others wait for it
        self.execute(sa.delete(FACTS))
        self.execute(sa.insert(FACTS), _as_rows(facts))

    def close(self) -> None:
        """Close the connection; not one that another process uses, of which this is a fork."""
        if not self.is_open():
            return
        self._owner = None
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()


def _as_rows(facts: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "fact": fact} for name, fact in facts.items()]


def encode_fact(fact: Any) -> str:
    """A fact as JSON."""
    return msgspec.json.encode(fact).decode()
