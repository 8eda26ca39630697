"""Several prepared statements in one journey to PostgreSQL, as one statement of its own; SQLite, which is at hand, takes them one by one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from models.prepared import JOURNEY, Prepared, Touched, carry_out

_PARAMETER = re.compile(r"%\((\w+)\)s")
Question = tuple[Prepared, Mapping[str, Any]]


def together(connection: sa.Connection, *asked: Question | None) -> list[Any]:
    """The first row of each of several questions that do not depend on one another; None without a row, or without a question."""
    if connection.dialect.name != "postgresql":
        return [one[0].first(connection, **one[1]) if one else None for one in asked]
    put = [one for one in asked if one]
    sql = _one_question(tuple(statement for statement, _ in put), connection.dialect)
    raw = carry_out(connection, sql, _parameters(put, connection.dialect)).fetchone() or ()
    rows = iter(_cut(raw, [statement for statement, _ in put], connection.dialect))
    return [next(rows) if one else None for one in asked]


@lru_cache
def _one_question(statements: tuple[Prepared, ...], dialect: sa.Dialect) -> str:
    joined = (
        f"LEFT JOIN LATERAL (SELECT true AS found, q.* FROM ({_named(statement, n, dialect)}) q LIMIT 1) s{n} ON true"  # noqa: S608  # statements of ours
        for n, statement in enumerate(statements)
    )
    return " ".join(("SELECT", ", ".join(f"s{n}.*" for n in range(len(statements))), "FROM (SELECT 1) one", *joined))


def _cut(raw: Sequence[Any], statements: Sequence[Prepared], dialect: sa.Dialect) -> Iterator[Any]:
    start = 0
    for statement in statements:
        form = statement.form(dialect)
        found, cells = raw[start], raw[start + 1 : start + 1 + form.width]
        start += 1 + form.width
        yield form.row(tuple(cells)) if found else None


@contextmanager
def gathered(connection: sa.Connection) -> Iterator[None]:
    """Statements without an answer wait for one another in here; they go before the next question, and at the end at the latest.

    Those that change the same table never travel together: within one statement PostgreSQL would not keep their order.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    journey = connection.info[JOURNEY] = _Journey(connection)
    try:
        yield
        journey.arrive()
    finally:
        del connection.info[JOURNEY]


class _Later:
    """What a statement touched, once it has arrived."""

    rowcount = -1


class _Journey:
    """What waits to travel."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._taken: list[tuple[Prepared, dict[str, Any], _Later]] = []

    def take_along(self, statement: Prepared, values: dict[str, Any]) -> Touched:
        """Let it wait for the others."""
        if any(other.writes == statement.writes for other, _, _ in self._taken):
            self.arrive()
        later = _Later()
        self._taken.append((statement, values, later))
        return later

    def arrive(self) -> None:
        """Carry out what waits, and say what it touched."""
        taken, self._taken = self._taken, []
        if len(taken) == 1:
            [(statement, values, later)] = taken
            later.rowcount = statement.now(self._connection, values).rowcount
        elif taken:
            put = [(statement, values) for statement, values, _ in taken]
            sql = _one_change(tuple(statement for statement, _ in put), self._connection.dialect)
            counts = carry_out(self._connection, sql, _parameters(put, self._connection.dialect)).fetchone() or ()
            for (_, _, later), count in zip(taken, counts, strict=True):
                later.rowcount = count


@lru_cache
def _one_change(statements: tuple[Prepared, ...], dialect: sa.Dialect) -> str:
    parts = ", ".join(f"s{n} AS ({_plain(_named(statement, n, dialect))} RETURNING 1)" for n, statement in enumerate(statements))
    counts = ", ".join(f"(SELECT count(*) FROM s{n})" for n in range(len(statements)))  # noqa: S608  # statements of ours
    return f"WITH {parts} SELECT {counts}"


def _plain(sql: str) -> str:
    """Without the key that Core asks back from an insert."""
    return sql.partition(" RETURNING ")[0]


def _named(statement: Prepared, n: int, dialect: sa.Dialect) -> str:
    return _PARAMETER.sub(rf"%(s{n}_\1)s", statement.form(dialect).sql)


def _parameters(put: Sequence[Question], dialect: sa.Dialect) -> dict[str, Any]:
    bound = ((n, statement.form(dialect).bind(dict(values))) for n, (statement, values) in enumerate(put))
    return {f"s{n}_{name}": value for n, values in bound for name, value in values.items()}
