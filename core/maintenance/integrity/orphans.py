"""Rows whose other half is gone. Where a half is left that nobody can use, it is deleted."""

from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import text

from core.maintenance.integrity.check import Check, Fault
from core.store.engine import Database

BATCH: Final = 5_000


@dataclass(frozen=True, slots=True)
class Orphans:
    """Rows of `table` for which `lost` holds; the table is called `orphan` in it."""

    name: str
    table: str
    lost: str


def _no_issue(table: str, what: str) -> Orphans:
    lost = "NOT EXISTS (SELECT FROM issues WHERE issues.id = orphan.issue_id)"
    return Orphans(f"{what} without an issue", table, lost)


ORPHANS: Final = (
    Orphans(
        "event ids without an event",
        "event_ids",
        """NOT EXISTS (SELECT FROM events WHERE events.event_id = orphan.event_id
            AND events.project_id = orphan.project_id
            AND events.received_at = orphan.received_at)""",
    ),
    _no_issue("issue_minutes", "counts by the minute"),
    _no_issue("issue_facets", "facets"),
    _no_issue("issue_visitors", "visitors"),
    Orphans(
        "signals without a project",
        "signals",
        "NOT EXISTS (SELECT FROM projects WHERE projects.id = orphan.project_id)",
    ),
)
_EVENTS_WITHOUT_ID: Final = """
    FROM events WHERE NOT EXISTS (SELECT FROM event_ids AS known
        WHERE known.event_id = events.event_id AND known.project_id = events.project_id)
"""


def checks() -> list[Check]:
    found = [Check(each.name, partial(_look, each), partial(_delete, each)) for each in ORPHANS]
    return [*found, Check("events without an id", _without_id, _give_ids)]


def _look(orphans: Orphans, database: Database) -> Fault | None:
    statement = f"SELECT count(*) FROM {orphans.table} AS orphan WHERE {orphans.lost}"  # noqa: S608
    return _counted(database, statement, orphans.name)


def _counted(database: Database, statement: str, name: str) -> Fault | None:
    with database.transaction() as session:
        count = int(session.execute(text(statement)).scalar_one())
    return Fault(count, f"{count} {name}") if count else None


def _delete(orphans: Orphans, database: Database) -> str:
    """A bounded batch a transaction."""
    statement = text(
        f"""DELETE FROM {orphans.table} WHERE ctid = ANY (ARRAY(
            SELECT orphan.ctid FROM {orphans.table} AS orphan WHERE {orphans.lost} LIMIT {BATCH}))
            RETURNING 1"""  # noqa: S608  (the words stand above)
    )
    total = 0
    while True:
        with database.transaction() as session:
            count = len(session.execute(statement).all())
        total += count
        if count < BATCH:
            return f"deleted {total} {orphans.name}"


def _without_id(database: Database) -> Fault | None:
    statement = f"SELECT count(*) {_EVENTS_WITHOUT_ID}"
    return _counted(database, statement, "events without an id")


def _give_ids(database: Database) -> str:
    """So that an event sent again is known to be there."""
    statement = text(
        f"""INSERT INTO event_ids (event_id, project_id, received_at)
        SELECT events.event_id, events.project_id, min(events.received_at) {_EVENTS_WITHOUT_ID}
        GROUP BY 1, 2 ON CONFLICT DO NOTHING RETURNING 1"""
    )
    with database.transaction() as session:
        count = len(session.execute(statement).all())
    return f"gave {count} events their ids"
