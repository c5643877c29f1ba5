"""Rows that end the process which digests them are found, tried alone, and then not tried again.

1. A batch writes which rows it has, in a transaction of its own, and holds an advisory lock with
   the number of this flight until its transaction ends; its commit deletes the flight.
2. A flight whose lock is free has crashed: the process was killed, or what it met was no passing
   conflict. Nobody takes its rows for a batch any more.
3. Whoever finds it splits it into flights of one row each, and each of these is tried alone.
4. A row that crashed alone so many times is stored without being looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

# Two, since who is killed for want of memory may have been innocent the first time.
MOST_ALONE: Final = 2
# Namespace of our advisory locks; the number of the flight is the other half.
_LOCKS: Final = 0x464C4947
_TAKE_OFF: Final = """
    SELECT id, pg_advisory_xact_lock(%s, id) FROM (
        SELECT nextval('digest_flight_ids')::int AS id
    ) AS next
"""
_WRITE: Final = """
    INSERT INTO digest_flights (id, rows, alone, begun_at) VALUES (%s, %s, %s, %s)
    ON CONFLICT (id) DO UPDATE SET alone = excluded.alone, begun_at = excluded.begun_at
"""
_LAND: Final = "DELETE FROM digest_flights WHERE id = %s"
# Row by row from the oldest on: only what is looked at is locked.
_CRASHED: Final = """
    SELECT id FROM (SELECT id FROM digest_flights ORDER BY id OFFSET 0) AS flights
    WHERE pg_try_advisory_xact_lock(%s, id::int) LIMIT 1
"""
_STILL: Final = "SELECT rows, alone FROM digest_flights WHERE id = %s"
_SPLIT: Final = """
    INSERT INTO digest_flights (id, rows, alone, begun_at)
    SELECT nextval('digest_flight_ids')::int, ARRAY[row], 0, %s FROM unnest(%s::bigint[]) AS row
"""

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Flight:
    """`alone`: how often its only row was tried with no other beside it, this time included."""

    id: int
    rows: Sequence[int]
    alone: int

    @property
    def hopeless(self) -> bool:
        return self.alone > MOST_ALONE


def number(connection: Connection) -> int:
    """Of a new flight, locked until the transaction ends."""
    row = connection.execute(_TAKE_OFF, [_LOCKS]).fetchone()
    assert row is not None
    return int(row[0])


def write(connection: Connection, flight: Flight, now: datetime) -> None:
    """To be committed before the first of its rows is looked at."""
    connection.execute("SET LOCAL synchronous_commit = off")
    connection.execute(_WRITE, [flight.id, list(flight.rows), flight.alone, now])


def land(connection: Connection, flight_id: int) -> None:
    connection.execute(_LAND, [flight_id])


def crashed(connection: Connection) -> Flight | None:
    """The oldest that nobody is at work on, locked for us until the transaction ends."""
    locked = connection.execute(_CRASHED, [_LOCKS]).fetchone()
    if locked is None:
        return None
    # It may have landed between the look and the lock; then the next look finds another one.
    still = connection.execute(_STILL, locked).fetchone()
    return Flight(locked[0], *still) if still is not None else None


def split(connection: Connection, flight: Flight, now: datetime) -> None:
    connection.execute(_SPLIT, [now, list(flight.rows)])
    land(connection, flight.id)
