"""Takes rows out of the inbox: each by one worker, none twice, gone with the commit.

The rows deleted since the oldest open snapshot (a backup) still stand in the index and have to be
stepped over; so each worker remembers where its rows began, and looks below that mark only now and
then, or when nothing is left above it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from core.clock import Clock
from core.intake.item import Encoding, InboxItem, Kind

RESET_SECONDS: Final = 30.0
# Stored bytes of one batch; what is beyond waits for the next one.
BATCH_BYTES: Final = 16 * 2**20

# Rows of a flight are under way, or it crashed with them: then they are tried alone.
# None of these statements is prepared: a plan that was made for an empty inbox would read all of a
# full one.
_LOCK: Final = """
    SELECT id, octet_length(body) FROM inbox
    WHERE id > %s AND id NOT IN (SELECT unnest(rows) FROM digest_flights)
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_TAKE: Final = "SELECT id FROM inbox WHERE id = ANY(%s) FOR UPDATE SKIP LOCKED"
_READ: Final = """
    SELECT id, project_id, event_id, received_at, kind, encoding, body, hints
    FROM inbox WHERE id = ANY(%s) ORDER BY id
"""
_DELETE: Final = "DELETE FROM inbox WHERE id = ANY(%s)"
_WAITING: Final = "SELECT 1 FROM inbox ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"

# A kind that a newer version wrote reads as an event, and so ends as one that cannot be read.
_KINDS: Final = {int(kind): kind for kind in Kind}
_ENCODINGS: Final = {int(encoding): encoding for encoding in Encoding}

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    id: int
    item: InboxItem


class Inbox:
    """One worker's view of the inbox."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._mark = 0
        self._reset_at = clock.monotonic() + RESET_SECONDS

    def claim(self, connection: Connection, limit: int) -> list[ClaimedRow]:
        """The oldest rows that nobody else has, in order of arrival; locked until the end."""
        if self._clock.monotonic() >= self._reset_at:
            self.forget()
        ids = self._lock(connection, limit)
        if not ids and self._mark:
            self.forget()
            ids = self._lock(connection, limit)
        if not ids:
            return []
        self._mark = ids[0] - 1
        return _read(connection, ids)

    def forget(self) -> None:
        """The next claim looks from the beginning."""
        self._mark = 0
        self._reset_at = self._clock.monotonic() + RESET_SECONDS

    def _lock(self, connection: Connection, limit: int) -> list[int]:
        ids: list[int] = []
        size = 0
        locked = connection.execute(_LOCK, [self._mark, limit], prepare=False)
        for row_id, length in locked:
            size += length
            if ids and size > BATCH_BYTES:
                break
            ids.append(row_id)
        return ids


def take(connection: Connection, wanted: Sequence[int]) -> list[ClaimedRow]:
    """Those of these rows that are there and that nobody else has."""
    taken = connection.execute(_TAKE, [list(wanted)], prepare=False).fetchall()
    return _read(connection, [row_id for (row_id,) in taken])


def waiting(connection: Connection) -> bool:
    """Whether there is a row that nobody is at work on."""
    return connection.execute(_WAITING, prepare=False).fetchone() is not None


def delete(connection: Connection, ids: list[int]) -> None:
    connection.execute(_DELETE, [ids], prepare=False)


def _read(connection: Connection, ids: list[int]) -> list[ClaimedRow]:
    cursor = connection.cursor(binary=True)
    return [_row(*row) for row in cursor.execute(_READ, [ids], prepare=False)]


def _row(row_id: int, *values: Any) -> ClaimedRow:
    project_id, event_id, received_at, kind, encoding, body, hints = values
    item = InboxItem(
        project_id=project_id,
        event_id=event_id,
        received_at=received_at,
        kind=_KINDS.get(kind, Kind.EVENT),
        encoding=_ENCODINGS.get(encoding, Encoding.IDENTITY),
        body=body,
        hints=hints,
    )
    return ClaimedRow(row_id, item)
