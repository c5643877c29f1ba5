"""What is done for the database without asking: analyse, vacuum, build swollen indexes anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import OperationalError

from core.maintenance.care import checks
from core.maintenance.care.finding import Finding
from core.store import health
from core.store.engine import Database

log = structlog.get_logger()

# How long any of it waits for a table that somebody holds; it comes again tomorrow.
PATIENCE: Final = "2s"
MOST_INDEXES: Final = 5
FREEZE_AGE: Final = 150_000_000

# Autovacuum never analyses the parent of partitions; the others only where it has fallen behind.
_TO_ANALYSE: Final = text("""
    SELECT relname FROM pg_stat_user_tables
    WHERE schemaname = current_schema()
      AND (n_mod_since_analyze > 1000 + 0.2 * n_live_tup
        OR relname = 'events' OR (last_analyze IS NULL AND last_autoanalyze IS NULL
            AND n_live_tup > 0))
    ORDER BY relname""")
_TO_VACUUM: Final = text("""
    SELECT stat.relname FROM pg_stat_user_tables AS stat
    JOIN pg_class AS own ON own.oid = stat.relid AND own.relkind = 'r'
    WHERE schemaname = current_schema()
      AND ((n_dead_tup > 10000 AND n_dead_tup > 0.2 * n_live_tup)
        OR age(own.relfrozenxid) > :freeze)
    ORDER BY stat.relname""")
# What a `REINDEX CONCURRENTLY` that was cut off leaves behind.
_LEFT_OVER: Final = text("""
    SELECT index.relname FROM pg_index AS made
    JOIN pg_class AS index ON index.oid = made.indexrelid
    JOIN pg_namespace AS place ON place.oid = index.relnamespace
        AND place.nspname = current_schema()
    WHERE NOT made.indisvalid AND index.relname ~ '_cc(new|old)[0-9]*$'""")


@dataclass(frozen=True, slots=True)
class Cared:
    """`held` are tables and indexes that somebody else had at the time."""

    analysed: int
    vacuumed: int
    reindexed: Sequence[str]
    held: Sequence[str]
    bytes_freed: int


def care(database: Database, now: datetime) -> Cared:
    with database.transaction() as session:
        figures = health.figures(session, now)
        swollen = [
            found
            for found in checks.findings({"indexes": figures["indexes"]})
            if found.check == "index_bloat"
        ]
    with database.at_once() as connection:
        connection.execute(text(f"SET lock_timeout = '{PATIENCE}'"))
        try:
            return _Caretaker(connection).care(swollen)
        finally:
            connection.invalidate()  # others may have to wait longer


class _Caretaker:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._held: list[str] = []

    def care(self, swollen: Sequence[Finding]) -> Cared:
        vacuumed = self._each("VACUUM (SKIP_LOCKED)", self._names(_TO_VACUUM, freeze=FREEZE_AGE))
        analysed = self._each("ANALYZE (SKIP_LOCKED)", self._names(_TO_ANALYSE))
        self._each("DROP INDEX CONCURRENTLY IF EXISTS", self._names(_LEFT_OVER))
        worst = sorted(swollen, key=lambda found: -found.value)[:MOST_INDEXES]
        before = self._sizes(worst)
        names = [found.subject for found in worst]
        reindexed = self._each("REINDEX INDEX CONCURRENTLY", names)
        freed = before - self._sizes(worst)
        return Cared(len(analysed), len(vacuumed), reindexed, self._held, freed)

    def _names(self, statement: TextClause, **values: int) -> list[str]:
        return list(self._connection.execute(statement, values).scalars())

    def _each(self, command: str, names: Sequence[str]) -> list[str]:
        """Each by itself; what somebody holds is left."""
        done = []
        for name in names:
            try:
                self._connection.execute(text(f'{command} "{name}"'))
            except OperationalError as error:
                log.info("database.care_held", what=name, error=str(error.orig))
                self._held.append(name)
            else:
                done.append(name)
        return done

    def _sizes(self, found: Sequence[Finding]) -> int:
        statement = text(
            "SELECT coalesce(sum(pg_relation_size(to_regclass(n))), 0)::bigint "
            "FROM unnest(CAST(:names AS text[])) AS n"
        )
        names = [each.subject for each in found]
        return int(self._connection.execute(statement, {"names": names}).scalar_one())
