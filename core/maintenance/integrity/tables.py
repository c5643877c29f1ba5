"""Whether the database holds together below the rows: partitions, indexes, sequences."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Table, text

from core.maintenance.integrity.check import Check, Fault
from core.maintenance.logs import days as log_days
from core.model import Base
from core.store import partitions
from core.store.engine import Database, driver_connection

AHEAD: Final = 2
_INVALID: Final = text("""
    SELECT index.relname FROM pg_index
    JOIN pg_class index ON index.oid = indexrelid
    WHERE NOT indisvalid AND index.relkind = 'i'
        AND index.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'events'::regclass)
    ORDER BY 1
""")


def checks(now: datetime) -> list[Check]:
    """Days from yesterday until the day after tomorrow."""
    days = [now.date() + timedelta(days=each) for each in range(-1, AHEAD + 1)]
    return [
        Check("partitions of events", partial(_events, days), partial(_make_events, days)),
        Check("partitions of log lines", partial(_lines, days[1:3]), partial(_make_lines, days)),
        Check("indexes", _indexes, _build),
        Check("sequences", _sequences, _advance),
    ]


def _events(days: list[date], database: Database) -> Fault | None:
    with database.transaction() as session:
        return _missing(days, set(partitions.days(session)))


def _make_events(days: list[date], database: Database) -> str:
    with database.transaction() as session:
        made = partitions.ensure(session, days[0], days[-1])
    return f"made the partitions of {_list(made)}"


def _lines(days: list[date], database: Database) -> Fault | None:
    """None at all where the first job is still to run."""
    with database.transaction() as session:
        found = set(log_days.sizes(driver_connection(session)))
    return _missing(days, found) if found else None


def _make_lines(days: list[date], database: Database) -> str:
    with database.transaction() as session:
        made = log_days.ensure(driver_connection(session), days)
    return f"made the partitions of {_list(made)}"


def _missing(days: list[date], found: set[date]) -> Fault | None:
    missing = [day for day in days if day not in found]
    return Fault(len(missing), f"none for {_list(missing)}") if missing else None


def _list(days: list[date]) -> str:
    return ", ".join(day.isoformat() for day in days)


def _broken(database: Database) -> list[str]:
    with database.transaction() as session:
        return list(session.scalars(_INVALID))


def _indexes(database: Database) -> Fault | None:
    found = _broken(database)
    return Fault(len(found), f"left unfinished: {', '.join(found)}") if found else None


def _build(database: Database) -> str:
    found = _broken(database)
    with database.at_once() as connection:
        for name in found:
            connection.execute(text(f'REINDEX INDEX CONCURRENTLY "{name}"'))
    return f"built {', '.join(found)} anew"


def _numbered() -> Iterator[Table]:
    for table in Base.metadata.sorted_tables:
        column = table.columns.get("id")
        if column is not None and column.identity is not None:
            yield table


def _behind(database: Database) -> list[str]:
    """Tables whose next number is taken already, as after rows were copied in by hand."""
    with database.transaction() as session:
        return [
            table.name
            for table in _numbered()
            if session.execute(
                text(
                    f"""SELECT coalesce((SELECT max(id) FROM {table.name}), 0) > coalesce((
                        SELECT last_value FROM pg_sequences
                        WHERE format('%I.%I', schemaname, sequencename)
                            = pg_get_serial_sequence('{table.name}', 'id')), 0)"""  # noqa: S608
                )
            ).scalar_one()
        ]


def _sequences(database: Database) -> Fault | None:
    found = _behind(database)
    return Fault(len(found), f"behind their tables: {', '.join(found)}") if found else None


def _advance(database: Database) -> str:
    found = _behind(database)
    with database.transaction() as session:
        for name in found:
            session.execute(
                text(
                    f"""SELECT setval(pg_get_serial_sequence('{name}', 'id'),
                        (SELECT max(id) FROM {name}))"""  # noqa: S608  (names of our models)
                )
            )
    return f"advanced the sequences of {', '.join(found)}"
