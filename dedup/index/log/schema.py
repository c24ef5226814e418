"""The log's tables, its rows, and the statements that are run for each page."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

TABLES = sa.MetaData()
SEQUENCE = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # there the row's own number
FACTS = sa.Table(
    "dedup_facts",
    TABLES,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("fact", sa.String, nullable=False),
)
HEAD = sa.Table(
    "dedup_head",
    TABLES,
    sa.Column("one", sa.Integer, primary_key=True),
    sa.Column("next_sequence", sa.BigInteger, nullable=False),
    sa.Column("recipes", sa.BigInteger, nullable=False),  # how many the index has had
)
RECORDS = sa.Table(
    "dedup_records",
    TABLES,
    sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=False),
    sa.Column("id", sa.String, nullable=False),
    sa.Column("added", sa.BigInteger, nullable=False),  # microseconds since 1970
    sa.Column("status", sa.SmallInteger, nullable=False),
    sa.Column("canonical", sa.BigInteger, nullable=False),
    sa.Column("removed", sa.BigInteger),  # the sequence number of the row that a removal removes
    sa.Column("digest", sa.LargeBinary),
    sa.Column("article", sa.LargeBinary),
    sa.Column("sketch", sa.LargeBinary),
    sa.Index("dedup_records_added", "added"),
)
TAKE = (
    sa.update(HEAD)
    .values(next_sequence=HEAD.c.next_sequence + sa.bindparam("taken"))
    .returning(HEAD.c.next_sequence, HEAD.c.recipes)
)
LOOK = sa.select(HEAD.c.next_sequence, HEAD.c.recipes)
APPEND = sa.insert(RECORDS)
READ = (
    sa.select(RECORDS)
    .where(RECORDS.c.sequence >= sa.bindparam("start"), RECORDS.c.sequence < sa.bindparam("stop"))
    .order_by(RECORDS.c.sequence)
)
FETCH = f"{sa.select(RECORDS)} WHERE sequence IN ({{}})"  # numbers: compiling it anew takes longer
ADDED = sa.select(RECORDS.c.sequence).where(
    RECORDS.c.added < sa.bindparam("before"), RECORDS.c.removed.is_(None)
)
MEASURE_SQLITE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
MEASURE_POSTGRES = "SELECT pg_total_relation_size('dedup_records')"

# Columns of format 1, by table, with the names that they have now.
RENAMED = ((RECORDS.name, "place", "sequence"), (HEAD.name, "place", "next_sequence"))

# These are run for each page that is added: compiled once, as the driver takes them.
OFTEN = (TAKE, LOOK, APPEND)


class LogRow(NamedTuple):
    """One row: an article, or a removal."""

    sequence: int
    id: str
    added: int
    status: int
    canonical: int
    removed: int | None
    digest: bytes | None
    article: bytes | None
    sketch: bytes | None


class Head(NamedTuple):
    """Where the log ends."""

    next_sequence: int
    recipes: int
