"""Counts a batch up on its issues, and lets each issue's life cycle answer to its new events."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from sqlalchemy.orm import Session

from core.digest.event import Digested
from core.errors import DatabaseConflictError
from core.issues import lifecycle
from core.issues.lifecycle import Status
from core.store.engine import driver_connection

# In the order of ids, as everybody locks issues.
_LOCK: Final = """
    SELECT id, status, status_changed_at, ignored_until, merged_into FROM issues
    WHERE id = ANY(%s) ORDER BY id FOR UPDATE
"""
_COUNT: Final = """
    UPDATE issues AS kept SET
        event_count = kept.event_count + tally.events,
        first_seen = least(kept.first_seen, tally.first_seen),
        last_seen = greatest(kept.last_seen, tally.last_seen),
        last_release = CASE WHEN tally.last_seen >= kept.last_seen
            THEN coalesce(tally.release, kept.last_release)
            ELSE coalesce(kept.last_release, tally.release) END
    FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[])
        AS tally (id, events, first_seen, last_seen, release)
    WHERE kept.id = tally.id
"""


class MergedMeanwhileError(DatabaseConflictError):
    """An issue was merged into another one while events were filed under it."""

    code = "ML-DB-0022"


@dataclass(slots=True)
class Tally:
    """What a batch adds to one issue."""

    events: int
    first_seen: datetime
    last_seen: datetime
    received_at: datetime
    release: str | None

    @classmethod
    def of(cls, event: Digested) -> "Tally":
        seen = event.timestamp
        return cls(1, seen, seen, event.received_at, event.release)

    def add(self, event: Digested) -> None:
        self.events += 1
        self.first_seen = min(self.first_seen, event.timestamp)
        if event.timestamp >= self.last_seen:
            self.last_seen = event.timestamp
            self.release = event.release or self.release
        self.received_at = max(self.received_at, event.received_at)


def tallies(events: Iterable[tuple[int, Digested]]) -> dict[int, Tally]:
    """By issue, in the order of their ids."""
    found: dict[int, Tally] = {}
    for issue_id, event in events:
        tally = found.get(issue_id)
        if tally is None:
            found[issue_id] = Tally.of(event)
        else:
            tally.add(event)
    return dict(sorted(found.items()))


def count(connection: psycopg.Connection[Any], found: dict[int, Tally]) -> None:
    """Adds the tallies up; `answer` has locked the issues."""
    connection.execute(
        _COUNT,
        [
            list(found),
            [tally.events for tally in found.values()],
            [tally.first_seen for tally in found.values()],
            [tally.last_seen for tally in found.values()],
            [tally.release for tally in found.values()],
        ],
    )


def answer(session: Session, found: dict[int, Tally], *, now: datetime) -> Sequence[int]:
    """Locks the issues and changes the states that these events change; returns what regressed."""
    connection = driver_connection(session)
    wanted = []
    locked = connection.execute(_LOCK, [list(found)])
    for issue_id, status, changed_at, until, merged_into in locked:
        if merged_into is not None:
            raise MergedMeanwhileError(issue_id=issue_id)
        received_at = found[issue_id].received_at
        transition = lifecycle.on_event(status, until, received_at, changed_at=changed_at)
        if transition is not None:
            wanted.append((issue_id, transition))
    changed = lifecycle.apply(session, wanted, now=now) if wanted else []
    return [change.issue_id for change in changed if change.new is Status.REGRESSED]
