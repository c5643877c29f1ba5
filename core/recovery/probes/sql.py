"""Asks a declared database: whether it answers at all, or what a declared query expects."""

from collections.abc import Mapping
from decimal import Decimal
from math import isnan
from typing import Any

import psycopg

from core.clock import Clock
from core.errors import report
from core.recovery.arguments import Arguments
from core.recovery.connecting import connected
from core.recovery.declared import Connection, Query
from core.recovery.probe import Finding, Question


class SqlProbe:
    """`{"database": name}` or `{"query": name}`; in a transaction that can only read."""

    name = "sql"

    def __init__(
        self, databases: Mapping[str, Connection], queries: Mapping[str, Query], clock: Clock
    ) -> None:
        self._databases = databases
        self._queries = queries
        self._clock = clock

    def ask(self, question: Question) -> Finding:
        query = None
        with Arguments("The probe sql", question.arguments) as given:
            if "query" in question.arguments:
                query = given.declared("query", self._queries, "queries")
                database = self._databases[query.database]
            else:
                database = given.declared("database", self._databases, "databases")
        start = self._clock.monotonic()
        wrong = _wrong(database, query, question.timeout)
        return Finding(wrong is None, wrong or "answered", self._clock.monotonic() - start)


def _wrong(database: Connection, query: Query | None, timeout: float) -> str | None:
    try:
        with connected(database, timeout=timeout, read_only=True) as connection:
            row = connection.execute(query.sql.encode() if query else b"SELECT 1").fetchone()
    except psycopg.Error as error:
        return f"failed: {report(error).code}"
    return _outside(row[0] if row else None, query) if query else None


def _outside(value: Any, query: Query) -> str | None:
    """Averages, sums and times come as decimals."""
    if not isinstance(value, int | float | Decimal) or isnan(value):
        return "answered no number"
    value = float(value)
    if query.at_least is not None and value < query.at_least:
        return f"answered {value:g}, less than {query.at_least:g}"
    if query.at_most is not None and value > query.at_most:
        return f"answered {value:g}, more than {query.at_most:g}"
    return None
