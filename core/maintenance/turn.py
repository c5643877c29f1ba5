"""Gives a job of the house its turn and writes down what came of it."""

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from core.clock import Clock
from core.maintenance.housekeeping import Chore, Circumstances, PostponedError, Rules, judge
from core.store import backlog, housekeeping
from core.store.engine import Database

LONGEST_REASON: Final = 500
# The house's own queues do not count as waiting, or it would wait for itself.
OWN: Final = frozenset({"maintenance", "fixes", "deadletter"})

Body = Callable[[], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class House:
    """`urgent` tells that the disk is so full that room is made whatever the time is."""

    database: Database
    clock: Clock
    rules: Rules
    urgent: Callable[[], bool] = bool

    def turn(self, session: Session, chore: Chore, work_id: int, body: Body) -> dict[str, Any]:
        """The result of `body`, written down in the transaction that ends the work, too.

        Raises `PostponedError` where it is not the time for it.
        """
        with self._lock(chore) as alone:
            self._admit(chore, work_id, alone=alone)
            begun = self.clock.monotonic()
            result: dict[str, Any] | None = None
            try:
                result = dict(body() or {})
            finally:
                if result is None:
                    self._failed(work_id, sys.exception(), self.clock.monotonic() - begun)
        ended = self._ended(housekeeping.DONE, self.clock.monotonic() - begun)
        amount = result.get(chore.amount) if chore.amount else None
        housekeeping.end(session, work_id, ended | {"amount": amount, "result": result})
        return result

    def _lock(self, chore: Chore) -> AbstractContextManager[bool]:
        return housekeeping.only_one(self.database) if chore.heavy else nullcontext(True)

    def _admit(self, chore: Chore, work_id: int, *, alone: bool) -> None:
        now = self.clock.now()
        with self.database.transaction() as session:
            asked_at = housekeeping.ask(session, chore.job, work_id, now=now)
            found = Circumstances(
                now=now,
                asked_at=asked_at,
                waiting=self._waiting(session) if chore.heavy else 0.0,
                busy=not alone,
                urgent=chore.heavy and self.urgent(),
                asked_for=housekeeping.asked_for(session, work_id),
            )
            wait = judge(chore, self.rules, found)
            if wait is None:
                housekeeping.begin(session, work_id, now=now)
            else:
                housekeeping.postpone(session, work_id, wait.reason)
        if wait is not None:
            told = f"{chore.job} waits: {wait.reason}."
            raise PostponedError(told, retry_after=wait.seconds)

    def _waiting(self, session: Session) -> float:
        """For how many seconds the oldest work of the platform has."""
        now = self.clock.now()
        found = backlog.by_queue(session, now)
        since = [each.since for name, each in found.items() if name not in OWN and each.since]
        return max(((now - each).total_seconds() for each in since), default=0.0)

    def _failed(self, work_id: int, error: BaseException | None, seconds: float) -> None:
        """In a transaction of its own: that of the work is undone."""
        told = f"{type(error).__name__}: {error}"[:LONGEST_REASON]
        with self.database.transaction() as session:
            outcome = self._ended(housekeeping.FAILED, seconds) | {"reason": told}
            housekeeping.end(session, work_id, outcome)

    def _ended(self, state: str, seconds: float) -> dict[str, Any]:
        return {"state": state, "ended_at": self.clock.now(), "seconds": round(seconds, 3)}
