"""What conditions of alerts remember, many series in one statement."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.model import AlertMemory

# A memory never goes back: who evaluated later has the better one.
_SAVE: Final = text("""
    INSERT INTO alert_memories AS kept (measure, series, until, seen_at, state)
    SELECT :measure, series, until, seen_at, state
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row
        (series text, until timestamptz, seen_at timestamptz, state jsonb)
    ORDER BY series
    ON CONFLICT (measure, series) DO UPDATE SET
        until = excluded.until, seen_at = excluded.seen_at, state = excluded.state
    WHERE excluded.until >= kept.until""")


class Row(NamedTuple):
    """`series` are names and values of its labels, in order."""

    series: Sequence[tuple[str, str]]
    until: datetime
    seen_at: datetime
    state: Mapping[str, Any]


def load(session: Session, measure: str) -> list[Row]:
    columns = (AlertMemory.series, AlertMemory.until, AlertMemory.seen_at, AlertMemory.state)
    statement = select(*columns).where(AlertMemory.measure == measure)
    return [
        Row(orjson.loads(series), until, seen_at, state)
        for series, until, seen_at, state in session.execute(statement)
    ]


def save(session: Session, measure: str, rows: Iterable[Row]) -> None:
    told = [
        {
            "series": orjson.dumps(row.series).decode(),
            "until": row.until,
            "seen_at": row.seen_at,
            "state": row.state,
        }
        for row in rows
    ]
    if told:
        session.execute(_SAVE, {"measure": measure, "rows": orjson.dumps(told).decode()})
