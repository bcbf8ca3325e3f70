"""Many rows in one statement: each column travels as one array, which is quick and needs no temporary table."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Subquery,
    Table,
    any_,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from app.store.tables import OPEN


def insert_rows(
    connection: Connection,
    table: Table,
    columns: Mapping[str, Sequence[Any]],
    *,
    skip_existing: bool = False,
) -> int:
    """Insert rows given as columns of equal length, and return how many were added.

    With `skip_existing`, rows that are there stay as they are.
    """
    if not next(iter(columns.values())):
        return 0
    arrays = [func.unnest(_array(table.c[name], values)) for name, values in columns.items()]
    rows = insert(table).from_select(list(columns), select(*arrays), include_defaults=False)
    return connection.execute(rows.on_conflict_do_nothing() if skip_existing else rows).rowcount


def open_from(cluster_id: int, number: int, count: int) -> dict[str, list[int]]:
    """Columns that ranges which start with a scan have in common."""
    return {"cluster_id": [cluster_id] * count, "first_scan": [number] * count, "last_scan": [OPEN] * count}


def end_ranges(connection: Connection, key: Column[Any], values: Sequence[int], number: int) -> None:
    """End the open ranges of these keys with the scan before `number`."""
    table = key.table
    if values:
        connection.execute(
            update(table).where(among(key, values), table.c.last_scan == OPEN).values(last_scan=number - 1)
        )


def among(column: Column[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """The condition that a column has one of many values."""
    return column == any_(_array(column, values))


def unnested(columns: Mapping[Column[Any], Sequence[Any]]) -> Subquery:
    """Rows given as columns of equal length, to be joined: each is found by an index on all of them, however many others there are."""
    arrays = [func.unnest(_array(column, values)).label(column.name) for column, values in columns.items()]
    return select(*arrays).subquery("wanted")


def escaped(text: str) -> str:
    r"""Text as PostgreSQL can hold it: NUL, which it refuses, becomes `\0`, and a backslash `\\`."""
    return text.replace("\\", "\\\\").replace("\0", "\\0")


def unescaped(text: str) -> str:
    """Read back what `escaped` wrote."""
    if "\\" not in text:
        return text
    return "\\".join(part.replace("\\0", "\0") for part in text.split("\\\\"))


def _array(column: Column[Any], values: Sequence[Any]) -> ColumnElement[Any]:
    return bindparam(None, list(values), type_=ARRAY(column.type))
