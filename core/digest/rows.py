"""Writes what a batch stores: ids first, then events, then what is counted."""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from core.analysis.result import Classification
from core.digest.event import Digested
from core.digest.thinning import IssueMinuteKey

# Sorted: two batches that share ids wait for each other in one direction only.
_CLAIM_IDS: Final = """
    INSERT INTO event_ids (event_id, project_id, received_at)
    SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::timestamptz[])
    ON CONFLICT DO NOTHING
    RETURNING event_id, project_id
"""
_COPY: Final = """
    COPY events (
        event_id, project_id, issue_id, received_at, timestamp, level, category, family, kind, code,
        proposal, transient, severity, component, release, environment, thinned, dictionary_id,
        payload
    ) FROM STDIN (FORMAT BINARY)
"""
_TYPES: Final = (
    *("uuid", "int8", "int8", "timestamptz", "timestamptz"),
    *("text", "text", "text", "text", "text", "jsonb"),
    *("bool", "text", "text", "text", "text"),
    *("bool", "int4", "bytea"),
)
_MINUTES: Final = """
    INSERT INTO issue_minutes AS kept (issue_id, minute, project_id, events)
    SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[], %s::bigint[])
    ON CONFLICT (issue_id, minute, resolution) DO UPDATE SET events = kept.events + excluded.events
"""

Connection = psycopg.Connection[Any]


class StoredRow(NamedTuple):
    """One row of `events`; no payload where it was thinned out."""

    event: Digested
    issue_id: int
    dictionary_id: int | None
    payload: bytes | None


class EventKey(NamedTuple):
    event_id: uuid.UUID
    project_id: int


def take_ids(connection: Connection, events: Iterable[Digested]) -> list[Digested]:
    """Those events whose id was not there before, in the order given; of twins the first."""
    firsts: dict[EventKey, Digested] = {}
    for event in events:
        firsts.setdefault(EventKey(event.event_id, event.project_id), event)
    keys = sorted(firsts)
    values = [
        [key.event_id for key in keys],
        [key.project_id for key in keys],
        [firsts[key].received_at for key in keys],
    ]
    cursor = connection.cursor(binary=True)
    new = {EventKey(*row) for row in cursor.execute(_CLAIM_IDS, values)}
    return [event for key, event in firsts.items() if key in new]


def copy(connection: Connection, rows: Iterable[StoredRow]) -> None:
    with connection.cursor().copy(_COPY) as copying:
        copying.set_types(_TYPES)
        for event, issue_id, dictionary_id, payload in rows:
            found = event.analysis.classification
            copying.write_row(
                (
                    event.event_id,
                    event.project_id,
                    issue_id,
                    event.received_at,
                    event.timestamp,
                    event.level,
                    found.category.value,
                    found.family,
                    found.kind or None,
                    found.code or None,
                    _proposal(found) if payload is None else None,
                    found.transient,
                    found.severity.value,
                    event.component,
                    event.release,
                    event.environment,
                    payload is None,
                    dictionary_id if payload is not None else None,
                    payload,
                )
            )


def _proposal(found: Classification) -> Jsonb | None:
    return Jsonb(found.proposal.as_json()) if found.proposal else None


def count_minutes(connection: Connection, counts: Counter[tuple[IssueMinuteKey, int]]) -> None:
    """`counts` by issue, minute and project; written in the order of issue and minute."""
    ordered: Sequence[tuple[tuple[IssueMinuteKey, int], int]] = sorted(counts.items())
    minutes: list[datetime] = [key.minute for (key, _), _ in ordered]
    connection.execute(
        _MINUTES,
        [
            [key.issue_id for (key, _), _ in ordered],
            minutes,
            [project_id for (_, project_id), _ in ordered],
            [count for _, count in ordered],
        ],
    )
