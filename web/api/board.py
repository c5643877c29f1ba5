"""The switches of each project as bytes with an ETag: many applications ask often for the same."""

import hashlib
import threading
from dataclasses import dataclass
from typing import Final

import orjson
from sqlalchemy.orm import Session

from core.clock import Clock
from core.store import switches

# What a process may be behind the rows.
KEPT_SECONDS: Final = 1.0
MOST_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Posted:
    body: bytes
    etag: str
    until: float


class Board:
    """One a process, safe for its threads."""

    def __init__(self) -> None:
        self._posted: dict[int, Posted] = {}
        self._lock = threading.Lock()

    def look(self, project_id: int, clock: Clock) -> Posted | None:
        found = self._posted.get(project_id)
        return found if found is not None and clock.monotonic() < found.until else None

    def post(self, session: Session, project_id: int, clock: Clock) -> Posted:
        until = clock.monotonic() + KEPT_SECONDS
        rows = switches.in_force(session, project_id, now=clock.now())
        values = {row.name: row.value for row in rows}
        body = orjson.dumps({"project_id": str(project_id), "switches": values})
        digest = hashlib.blake2b(body, digest_size=12).hexdigest()
        posted = Posted(body, f'"{digest}"', until)
        with self._lock:
            if len(self._posted) >= MOST_KEPT:
                self._posted.clear()
            self._posted[project_id] = posted
        return posted

    def forget(self, project_id: int) -> None:
        """After a change: this process tells it at once."""
        with self._lock:
            self._posted.pop(project_id, None)
