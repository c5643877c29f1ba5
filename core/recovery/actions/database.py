"""Ends the session that others wait for: the one that holds a lock and waits for nobody."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg.rows import class_row

from core.recovery.action import ActionError, Done, Order
from core.recovery.arguments import Arguments
from core.recovery.connecting import connected
from core.recovery.declared import Connection
from core.recovery.failing import told

# The beginning of the queue: it blocks, and nothing blocks it.
_BLOCKER: Final = """
    SELECT blocker.pid, blocker.backend_start AS started, blocker.usename::text AS user,
        blocker.application_name AS application, blocker.state,
        extract(epoch FROM clock_timestamp() - blocker.xact_start)::float8 AS open_seconds,
        count(*)::int AS waiting,
        max(extract(epoch FROM clock_timestamp() - waiter.query_start))::float8 AS waited_seconds
    FROM pg_stat_activity AS waiter
    CROSS JOIN LATERAL unnest(pg_blocking_pids(waiter.pid)) AS blocking(pid)
    JOIN pg_stat_activity AS blocker ON blocker.pid = blocking.pid
    WHERE waiter.wait_event_type = 'Lock' AND waiter.datname = current_database()
        AND blocker.backend_type = 'client backend' AND blocker.pid <> pg_backend_pid()
        AND cardinality(pg_blocking_pids(blocker.pid)) = 0
        AND (%(active)s OR blocker.state LIKE 'idle in transaction%%')
        AND (%(application)s::text IS NULL OR blocker.application_name = %(application)s)
    GROUP BY blocker.pid, blocker.backend_start, blocker.usename, blocker.application_name,
        blocker.state, blocker.xact_start
    HAVING max(extract(epoch FROM clock_timestamp() - waiter.query_start)) >= %(seconds)s
    ORDER BY waiting DESC, open_seconds DESC LIMIT 1"""
# A number of a session is used again; with its beginning it is nobody else's.
_END: Final = """
    SELECT pg_terminate_backend(pid, %(milliseconds)s) FROM pg_stat_activity
    WHERE pid = %(pid)s AND backend_start = %(started)s"""
PATIENCE: Final = 5_000
# Clients that give up and try again wait for the lock most of the time, but not all of it.
LOOKS: Final = 4
PAUSE: Final = 0.7


@dataclass(frozen=True, slots=True)
class Blocker:
    pid: int
    started: datetime
    user: str | None
    application: str | None
    state: str | None
    open_seconds: float | None
    waiting: int
    waited_seconds: float


class DatabaseAction:
    """`{"database": name, "seconds"?: others have waited so long, "active"?, "application"?}`.

    Only a session that is idle in its transaction, unless `active` is true.
    """

    name = "database"
    reversible = False

    def __init__(self, databases: Mapping[str, Connection]) -> None:
        self._databases = databases

    def run(self, order: Order) -> Done:
        with Arguments("The action database", order.arguments) as given:
            declared: Connection = given.declared("database", self._databases, "databases")
            wanted = {
                "seconds": given.number("seconds", 5, low=0, high=86_400),
                "active": given.flag("active"),
                "application": given.optional_text("application"),
            }
        name = order.arguments["database"]
        with told(f"The blocking session of {name} was not ended"):
            return self._ended(order, declared, wanted)

    def undo(self, order: Order, undo: Mapping[str, Any]) -> Done:  # noqa: ARG002
        raise ActionError("A session that was ended does not come back.", permanent=True)

    def _ended(self, order: Order, declared: Connection, wanted: Mapping[str, Any]) -> Done:
        with connected(declared, timeout=order.timeout) as connection:
            # Half of the time is left to end it.
            looks = min(LOOKS, 1 + int(order.timeout / 2 / PAUSE))
            found = _blocker(connection, wanted, looks)
            if found is None:
                return Done("No session blocks others for so long.", {"waiting": 0})
            what = f"the session {found.pid} of {found.user}, which {found.waiting} wait for"
            if order.dry_run:
                return Done(f"Would end {what}.", asdict(found))
            most = min(PATIENCE, int(order.timeout * 500))
            asked = {"pid": found.pid, "started": found.started, "milliseconds": most}
            row = connection.execute(_END, asked).fetchone()
            if row is not None and not row[0]:
                raise ActionError(f"Could not end {what}: it is still there.", retry_after=1)
            return Done(f"Ended {what}.", asdict(found))


def _blocker(
    connection: psycopg.Connection[Any], wanted: Mapping[str, Any], looks: int
) -> Blocker | None:
    with connection.cursor(row_factory=class_row(Blocker)) as cursor:
        for look in range(looks):
            if look:
                time.sleep(PAUSE)
            found = cursor.execute(_BLOCKER, wanted).fetchone()
            if found is not None:
                return found
    return None
