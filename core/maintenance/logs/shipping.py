"""Carries lines to the central table: in batches, from a bounded buffer, by a thread of its own.

Whoever logs only appends to the buffer. What does not fit is dropped and counted, and the count
becomes a line itself. The driver is imported by the thread, so that no process starts later.
"""

import socket
from collections import deque
from collections.abc import Callable
from dataclasses import astuple
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, LiteralString

import orjson

from core.clock import Clock
from core.maintenance.logs.line import Row, Shape

if TYPE_CHECKING:
    import psycopg

ROOM: Final = 4 * 2**20
BATCH: Final = 500
LONGEST_LINE: Final = 256 * 1024
SHORTEST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
# A process that logs nothing gives its connection back.
IDLE_SECONDS: Final = 30.0
OPTIONS: Final = (
    "-c timezone=UTC -c synchronous_commit=off -c statement_timeout=5s -c lock_timeout=3s"
)
# The lock is the database's to hold and to give back: it lasts for this one statement.
_INSERT: Final[LiteralString] = """
    WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(%s))
    INSERT INTO log_lines (id, at, level, event, process, host, pid, task, task_id, request_id,
        project_id, fields)
    SELECT nextval('log_line_ids'), line.at, line.level, line.event, line.process, line.host,
        line.pid, line.task, line.task_id, line.request_id, line.project_id, line.fields::jsonb
    FROM turn, unnest(%s::timestamptz[], %s::smallint[], %s::text[], %s::text[], %s::text[],
        %s::int[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[])
        AS line (at, level, event, process, host, pid, task, task_id, request_id, project_id,
            fields)
"""


class Shipper:
    """`address` answers with the database's, or with none while that is not known yet."""

    def __init__(
        self,
        address: Callable[[], str | None],
        shape: Shape | None = None,
        *,
        clock: Clock,
        room: int = ROOM,
    ) -> None:
        self._address = address
        self._shape = shape or Shape(socket.gethostname())
        self._clock = clock
        self._room = room
        self.forget()

    def forget(self) -> None:
        """In a forked child: lines and connection are the parent's."""
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self._batch: list[Row] = []
        self._connection: psycopg.Connection[Any] | None = None
        self._used = self._next = 0.0
        self._pause = SHORTEST_PAUSE
        self.dropped = self._told = 0

    def put(self, line: bytes) -> None:
        """Never waits. Lines of signal handlers come here, too, so there is no lock."""
        size = len(line)
        if size > LONGEST_LINE or self._bytes + size > self._room:
            self.dropped += 1
            return
        self._bytes += size
        self._lines.append(line)

    def ship(self) -> int:
        """Carries what is there; answers with the number of lines. Not by two threads at once."""
        import psycopg  # noqa: PLC0415 (slow to import, and nobody else may need it)

        if self._clock.monotonic() < self._next:
            return 0
        shipped = 0
        try:
            while self._fill():
                self._insert(self._batch)
                shipped += len(self._batch)
                self._batch = []
                self._pause = SHORTEST_PAUSE
            self._close_if_idle(shipped)
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
            self._later()
        except psycopg.Error:  # these lines cannot be stored, ever
            self.dropped += len(self._batch)
            self._batch = []
            self._close()
        return shipped

    def close(self) -> None:
        self.ship()
        self._close()

    def _fill(self) -> bool:
        """A batch that failed is tried again before others."""
        now = self._clock.now()
        if not self._batch:
            count = min(BATCH, len(self._lines))
            self._batch = [self._shape.row(self._lines.popleft(), now) for _ in range(count)]
            self._bytes = sum(map(len, tuple(self._lines)))
            if self.dropped > self._told:
                told = {"event": "logs.dropped", "level": "warning", "lines": self.dropped}
                self._batch.append(self._shape.row(orjson.dumps(told), now))
                self._told = self.dropped
        return bool(self._batch) and self._open()

    def _open(self) -> bool:
        import psycopg  # noqa: PLC0415

        if self._connection is None:
            address = self._address()
            if address is None:
                return False
            self._connection = psycopg.connect(
                address,
                autocommit=True,
                connect_timeout=3,
                application_name="mendline-logs",
                options=OPTIONS,
                prepare_threshold=None,
            )
        self._used = self._clock.monotonic()
        return True

    def _insert(self, rows: list[Row]) -> None:
        from psycopg.errors import CheckViolation  # noqa: PLC0415

        from core.maintenance.logs import days  # noqa: PLC0415 (imports the database)

        assert self._connection is not None
        values = [days.LOCK, *map(list, zip(*map(astuple, rows), strict=True))]
        try:
            self._connection.execute(_INSERT, values)
        except CheckViolation:  # there is no partition for the day
            today = self._clock.now().date()
            around = [today + timedelta(days=each) for each in (-1, 0, 1)]
            with self._connection.transaction():
                days.ensure(self._connection, around)
            self._connection.execute(_INSERT, values)

    def _later(self) -> None:
        self._close()
        self._next = self._clock.monotonic() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _close_if_idle(self, shipped: int) -> None:
        if not shipped and self._clock.monotonic() - self._used > IDLE_SECONDS:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
