"""Crops the partition of a day: what stays is copied aside, the rest goes with the old table.

1. Writers of that day wait, readers go on; whoever still holds what is needed is not waited for
   long, and the day is left for the next run.
2. What stays goes into a new table like the old one.
3. Ids of what goes are forgotten, the books are told, the tables change places, the old one is
   dropped: the room is the disk's again. All of it is one transaction, so a kill undoes it all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core.maintenance.space.plan import REPEATS_LEFT, Crop, Level
from core.maintenance.space.sizes import ROW_BYTES, measure_day
from core.store import partitions
from core.store.engine import Database
from core.store.partitions import midnight

log = structlog.get_logger()

# Others wait behind us for the table of all days, so it is little; less than what PostgreSQL takes
# to find a deadlock, so that it is never one of the others that has to give way.
PATIENCE: Final = "700ms"
# What a day must lose for it to be worth writing the rest anew.
WORTHWHILE: Final = 0.02

# An event stays for being first or last of its issue that day, the first of a release there, the
# first after a change of its issue's state, part of a recovery, or kept by people.
_RANKED: Final = """
    SELECT place, event_id, project_id, thinned, size, number, of,
        event_id IN (SELECT kept_events.event_id FROM kept_events) AS kept,
        number IN (1, of) OR of_release = 1
            OR event_id IN (SELECT recoveries.event_id FROM recoveries)
            OR EXISTS (
                SELECT FROM issue_transitions AS change WHERE change.issue_id = event.issue_id
                    AND change.at > event.previous_at AND change.at <= event.received_at
            ) AS turning
    FROM (
        SELECT ctid AS place, event_id, project_id, issue_id, received_at, thinned,
            coalesce(pg_column_size(payload), 0) + {row} AS size,
            row_number() OVER issue AS number, count(*) OVER (PARTITION BY issue_id) AS of,
            lag(received_at) OVER issue AS previous_at,
            row_number() OVER (PARTITION BY issue_id, release, environment
                ORDER BY received_at, event_id) AS of_release
        FROM {part} WHERE project_id = ANY(:projects)
        WINDOW issue AS (PARTITION BY issue_id ORDER BY received_at, event_id)
    ) AS event"""
# Of the repeats of an issue, those that stay are spread over its day.
_GOING: Final = """
    CREATE TEMPORARY TABLE going ON COMMIT DROP AS
    SELECT place, ranked.event_id, ranked.project_id, thinned, size
    FROM ({ranked}) AS ranked
    JOIN unnest(CAST(:projects AS bigint[]), CAST(:levels AS int[]), CAST(:most AS int[]))
        AS wanted (project_id, level, most) USING (project_id)
    WHERE NOT kept AND CASE
        WHEN level = {gone} THEN true
        WHEN turning THEN false
        ELSE most = 0 OR (number * most) / of = ((number - 1) * most) / of END"""
_WEIGHED: Final = text("SELECT coalesce(sum(size), 0)::bigint, count(*) FROM going")
_IDS: Final = text("""
    DELETE FROM event_ids USING going
    WHERE event_ids.event_id = going.event_id AND event_ids.project_id = going.project_id""")
_BOOKS: Final = text("""
    INSERT INTO book_entries (day, project_id, account, reason, writer, count)
    SELECT :day, project_id, account, '', 0, count FROM (
        SELECT project_id, 'cropped' AS account, count(*) AS count FROM going GROUP BY 1
        UNION ALL
        SELECT project_id, 'cropped_thinned', count(*) FROM going WHERE thinned GROUP BY 1) AS line
    ON CONFLICT (day, project_id, account, reason, writer)
    DO UPDATE SET count = book_entries.count + excluded.count""")
_LEVEL: Final = text("""
    UPDATE event_days SET cropped = greatest(cropped, wanted.level)
    FROM unnest(CAST(:projects AS bigint[]), CAST(:levels AS int[]))
        AS wanted (project_id, level)
    WHERE event_days.day = :day AND event_days.project_id = wanted.project_id""")


@dataclass(frozen=True, slots=True)
class Cropped:
    """`done` is False where somebody held the day."""

    done: bool
    events: int = 0
    freed: int = 0


def crop(database: Database, wanted: Crop, now: datetime) -> Cropped:
    try:
        with database.transaction() as session:
            return _crop(session, wanted, now)
    except OperationalError as error:
        log.info("events.crop_held", day=wanted.day.isoformat(), error=str(error.orig))
        return Cropped(done=False)


def _crop(session: Session, wanted: Crop, now: datetime) -> Cropped:
    part = partitions.name(wanted.day)
    values = _values(wanted)
    session.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
    session.execute(text(f"LOCK TABLE {part} IN SHARE MODE"))
    ranked = _RANKED.format(part=part, row=ROW_BYTES)
    session.execute(text(_GOING.format(ranked=ranked, gone=int(Level.KEPT))), values)
    freed, events = session.execute(_WEIGHED).one()
    before = _size(session, part)
    if (events and freed >= WORTHWHILE * before) or (
        events and Level.KEPT in wanted.levels.values()
    ):
        session.execute(text("CREATE UNIQUE INDEX ON going (place)"))
        _copy(session, wanted)
        session.execute(_IDS)
        session.execute(_BOOKS, values)
        _exchange(session, wanted)
        measure_day(session, wanted.day, now)
        freed = before - _size(session, part)
    else:
        events = freed = 0
    session.execute(_LEVEL, values)
    session.execute(text("DROP TABLE going"))
    return Cropped(done=True, events=events, freed=freed)


def _values(wanted: Crop) -> Mapping[str, Any]:
    projects = sorted(wanted.levels)
    levels = [wanted.levels[project] for project in projects]
    return {
        "day": wanted.day,
        "projects": projects,
        "levels": [int(level) for level in levels],
        "most": [REPEATS_LEFT[level] for level in levels],
    }


def _copy(session: Session, wanted: Crop) -> None:
    """With the bounds as a constraint, so that attaching need not look at the rows again."""
    part = partitions.name(wanted.day)
    start, end = midnight(wanted.day), midnight(wanted.day + timedelta(days=1))
    session.execute(text(f"CREATE TABLE {part}_left (LIKE {part} INCLUDING ALL)"))
    session.execute(
        text(
            f"ALTER TABLE {part}_left ADD CONSTRAINT bounds CHECK (received_at >= "
            f"'{start.isoformat()}' AND received_at < '{end.isoformat()}')"
        )
    )
    session.execute(
        text(
            f"INSERT INTO {part}_left SELECT event.* FROM {part} AS event "  # noqa: S608
            "WHERE NOT EXISTS (SELECT FROM going WHERE going.place = event.ctid)"
        )
    )


def _exchange(session: Session, wanted: Crop) -> None:
    part = partitions.name(wanted.day)
    start, end = midnight(wanted.day), midnight(wanted.day + timedelta(days=1))
    session.execute(text(f"ALTER TABLE events DETACH PARTITION {part}"))
    session.execute(text(f"DROP TABLE {part}"))
    session.execute(text(f"ALTER TABLE {part}_left RENAME TO {part}"))
    session.execute(
        text(
            f"ALTER TABLE events ATTACH PARTITION {part} "
            f"FOR VALUES FROM ('{start.isoformat()}') TO ('{end.isoformat()}')"
        )
    )
    session.execute(text(f"ALTER TABLE {part} DROP CONSTRAINT bounds"))


def _size(session: Session, part: str) -> int:
    statement = text("SELECT pg_total_relation_size(CAST(:part AS regclass))")
    return int(session.execute(statement, {"part": part}).scalar_one())
