"""What components did by the minute: added up from error events and from their own reports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.model import ComponentMinute
from core.store.engine import driver_connection


class Slot(NamedTuple):
    """Where a delta belongs; `minute` is the minute's first moment."""

    project_id: int
    component: str
    minute: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """What is added to one minute of one component. Durations in milliseconds, memory in bytes."""

    events: int = 0
    successes: int = 0
    failures: int = 0
    duration_count: int = 0
    duration_sum: float = 0.0
    duration_max: float = 0.0
    duration_buckets: tuple[int, ...] = ()
    memory_max: int | None = None
    connections_lost: int = 0

    def __add__(self, other: "Delta") -> "Delta":
        memory = [m for m in (self.memory_max, other.memory_max) if m is not None]
        buckets = zip_longest(self.duration_buckets, other.duration_buckets, fillvalue=0)
        return Delta(
            events=self.events + other.events,
            successes=self.successes + other.successes,
            failures=self.failures + other.failures,
            duration_count=self.duration_count + other.duration_count,
            duration_sum=self.duration_sum + other.duration_sum,
            duration_max=max(self.duration_max, other.duration_max),
            duration_buckets=tuple(a + b for a, b in buckets),
            memory_max=max(memory, default=None),
            connections_lost=self.connections_lost + other.connections_lost,
        )


MINUTE: Final = 60
# How a row takes another one in; `kept` is the name of the table in the statement.
ADD_UP: Final = """
    ON CONFLICT (project_id, component, minute, resolution) DO UPDATE SET
        events = kept.events + excluded.events,
        successes = kept.successes + excluded.successes,
        failures = kept.failures + excluded.failures,
        duration_count = kept.duration_count + excluded.duration_count,
        duration_sum = kept.duration_sum + excluded.duration_sum,
        duration_max = greatest(kept.duration_max, excluded.duration_max),
        duration_buckets = ARRAY(
            SELECT coalesce(a, 0) + coalesce(b, 0)
            FROM unnest(kept.duration_buckets, excluded.duration_buckets)
                WITH ORDINALITY AS pair (a, b, place)
            ORDER BY place
        ),
        memory_max = greatest(kept.memory_max, excluded.memory_max),
        connections_lost = kept.connections_lost + excluded.connections_lost
"""

# For any cursor of psycopg, synchronous or not: `cursor.execute(SQL, parameters(deltas))`.
SQL: Final = f"""
    INSERT INTO component_minutes AS kept (
        project_id, component, minute, events, successes, failures, duration_count,
        duration_sum, duration_max, duration_buckets, memory_max, connections_lost
    )
    SELECT project_id, component, minute, events, successes, failures, duration_count,
        duration_sum, duration_max, duration_buckets::bigint[], memory_max, connections_lost
    FROM unnest(
        %s::bigint[], %s::text[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::bigint[],
        %s::bigint[], %s::float8[], %s::float8[], %s::text[], %s::bigint[], %s::bigint[]
    ) AS delta (
        project_id, component, minute, events, successes, failures, duration_count,
        duration_sum, duration_max, duration_buckets, memory_max, connections_lost
    )
    {ADD_UP}
"""  # noqa: S608  nothing but the text above


def parameters(deltas: Iterable[tuple[Slot, Delta]]) -> Sequence[Any]:
    """One row for each slot, in one order for everybody, so that two batches cannot deadlock."""
    summed: dict[Slot, Delta] = {}
    for slot, delta in deltas:
        summed[slot] = summed[slot] + delta if slot in summed else delta
    rows = [
        (
            *slot,
            delta.events,
            delta.successes,
            delta.failures,
            delta.duration_count,
            delta.duration_sum,
            delta.duration_max,
            "{" + ",".join(map(str, delta.duration_buckets)) + "}",
            delta.memory_max,
            delta.connections_lost,
        )
        for slot, delta in sorted(summed.items(), key=lambda item: item[0])
    ]
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(12)]


def add(session: Session, deltas: Iterable[tuple[Slot, Delta]]) -> None:
    driver_connection(session).execute(SQL, parameters(deltas))


def successes(session: Session, project_id: int, component: str, *, since: datetime) -> int:
    """Those that a component has told of, from the minute of this moment on."""
    statement = select(func.coalesce(func.sum(ComponentMinute.successes), 0)).where(
        ComponentMinute.project_id == project_id,
        ComponentMinute.component == component,
        ComponentMinute.minute >= since.replace(second=0, microsecond=0),
        ComponentMinute.resolution == MINUTE,
    )
    return int(session.execute(statement).scalar_one())


def between(
    session: Session,
    project_id: int,
    *,
    since: datetime,
    until: datetime,
    component: str | None = None,
) -> Sequence[ComponentMinute]:
    """Roll-ups that begin in this time, oldest first, of any resolution."""
    statement = select(ComponentMinute).where(
        ComponentMinute.project_id == project_id,
        ComponentMinute.minute >= since,
        ComponentMinute.minute < until,
    )
    if component is not None:
        statement = statement.where(ComponentMinute.component == component)
    ordered = statement.order_by(ComponentMinute.minute, ComponentMinute.component)
    return session.scalars(ordered).all()
