"""Carries out what was ordered, at most once: the intent is committed before the act.

1. The attempt goes from ordered to running; that is committed before anything is done.
2. The action runs outside of any transaction, in bounded time.
3. What came of it is committed together with the order to verify it.

Whoever finds an attempt running that is not its own does not act again: its worker was lost
between 1 and 3, and only evidence can tell whether the act took place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import structlog
from sqlalchemy.orm import Session

from core.errors import MendlineError
from core.model import Recovery, RecoveryAttempt
from core.recovery import changing, orders, resending
from core.recovery.action import ActionError, Done, Order
from core.recovery.advancing import Advance
from core.recovery.means import Means
from core.recovery.mode import Mode
from core.recovery.states import State, Step
from core.recovery.strategy import RESEND
from core.store import recovery as rows
from core.store.engine import Database

LONGEST: Final = 500

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Acting:
    """Has transactions of its own: what is done must not depend on the end of a task's."""

    database: Database
    means: Means

    def carry_out(self, attempt_id: int) -> Step:
        """What the attempt is in the end; a repeat changes nothing that was done."""
        order = self._begin(attempt_id)
        if order is None:
            return self._state(attempt_id)
        try:
            done = self._run(order)
        except MendlineError as error:
            self._failed(attempt_id, error)
        else:
            self._done(attempt_id, done, dry=order.dry_run)
        return self._state(attempt_id)

    def undo(self, attempt_id: int) -> Step:
        """Takes an act back whose success was not seen; at most once, too."""
        with self.database.transaction() as session:
            recovery, attempt = self._locked(session, attempt_id)
            if attempt.state == Step.UNDOING:
                self._stuck(session, recovery, attempt, "the worker that took it back was lost")
                return Step.STUCK
            if not rows.move_attempt(session, attempt, [Step.DISPROVED], Step.UNDOING):
                return Step(attempt.state)
            order, undo = self._order(recovery, attempt), attempt.undo or {}
        try:
            done = self.means.actions[attempt.action].undo(order, undo)
        except MendlineError as error:
            with self.database.transaction() as session:
                recovery, attempt = self._locked(session, attempt_id)
                self._stuck(session, recovery, attempt, _told(error))
            return Step.STUCK
        self._undone(attempt_id, done)
        return Step.UNDONE

    def _begin(self, attempt_id: int) -> Order | None:
        """None where nothing is to be done, or nobody knows whether it was."""
        with self.database.transaction() as session:
            recovery, attempt = self._locked(session, attempt_id)
            dry = attempt.mode == Mode.SHADOW
            if attempt.state == Step.RUNNING and not dry:
                self._unknown(session, recovery, attempt)
                return None
            now, begun = self.means.clock.now(), (Step.ORDERED, Step.RUNNING)
            if not rows.move_attempt(session, attempt, begun, Step.RUNNING, started_at=now):
                return None
            return self._order(recovery, attempt, dry=dry)

    @staticmethod
    def _order(recovery: Recovery, attempt: RecoveryAttempt, *, dry: bool = False) -> Order:
        return Order(
            action=attempt.action,
            target=attempt.target,
            arguments=attempt.arguments,
            idempotency_key=f"recovery-{attempt.id}",
            timeout=attempt.timeout,
            dry_run=dry,
            about={
                "project_id": recovery.project_id,
                "component": recovery.component or "",
                "issue_id": recovery.issue_id,
                "event_id": recovery.event_id.hex,
                "release": recovery.situation.get("release", ""),
            },
        )

    def _run(self, order: Order) -> Done:
        action = self.means.actions.get(order.action)
        if action is None:
            raise ActionError(f"There is no action {order.action!r} here.", permanent=True)
        if order.action == RESEND:
            event_id = str(order.arguments.get("event_id") or order.about["event_id"])
            told = resending.message(self.database, self.means.payloads, event_id)
            own = {name: each for name, each in order.arguments.items() if name != "event_id"}
            order = replace(order, arguments={**told, **own})
        return action.run(order)

    def _done(self, attempt_id: int, done: Done, *, dry: bool) -> None:
        with self.database.transaction() as session:
            recovery, attempt = self._locked(session, attempt_id)
            now = self.means.clock.now()
            kept = {
                "summary": done.summary[:LONGEST],
                "evidence": dict(done.evidence),
                "undo": dict(done.undo) if done.undo is not None else None,
            }
            if dry:
                self._shadowed(session, recovery, attempt, kept)
                return
            begun = [Step.RUNNING, Step.UNKNOWN]
            if rows.move_attempt(session, attempt, begun, Step.ACTED, acted_at=now, **kept):
                self._to_verify(session, recovery, attempt)
            self.means.observe("acted", {"action": attempt.action, "outcome": "acted"})

    def _shadowed(
        self,
        session: Session,
        recovery: Recovery,
        attempt: RecoveryAttempt,
        kept: Mapping[str, Any],
    ) -> None:
        """Nothing was changed, so the chain goes on as if it had been refused."""
        now = self.means.clock.now()
        if rows.move_attempt(session, attempt, [Step.RUNNING], Step.SHADOWED, ended_at=now, **kept):
            self._next(session, recovery, skip=True)
        self.means.observe("acted", {"action": attempt.action, "outcome": "shadowed"})

    def _failed(self, attempt_id: int, error: MendlineError) -> None:
        """A lasting failure is not tried again; the next strategy is asked."""
        with self.database.transaction() as session:
            recovery, attempt = self._locked(session, attempt_id)
            now, dry = self.means.clock.now(), attempt.mode == Mode.SHADOW
            kept = {"summary": _told(error), "ended_at": now}
            if not rows.move_attempt(session, attempt, [Step.RUNNING], Step.FAILED, **kept):
                return
            if not dry:
                reason = f"{attempt.action} failed: {_told(error)}"
                changing.change(session, recovery, State.PLANNED, reason, means=self.means)
            self._next(session, recovery, skip=error.permanent or dry)
            self.means.observe("acted", {"action": attempt.action, "outcome": "failed"})

    def _unknown(self, session: Session, recovery: Recovery, attempt: RecoveryAttempt) -> None:
        log.warning("recovery.lost", recovery_id=recovery.id, attempt_id=attempt.id)
        summary = "its worker was lost; whether it was done is not known"
        at = attempt.started_at
        if rows.move_attempt(
            session, attempt, [Step.RUNNING], Step.UNKNOWN, acted_at=at, summary=summary
        ):
            self._to_verify(session, recovery, attempt)

    def _to_verify(self, session: Session, recovery: Recovery, attempt: RecoveryAttempt) -> None:
        """A late answer of a worker that was given up finds the recovery verifying already."""
        if recovery.state != State.ACTING:
            return
        due = self.means.clock.now() + timedelta(seconds=float(attempt.verify["after"]))
        self.means.order(session, orders.verify(attempt, due, look=1))
        reason = f"{attempt.action} on {attempt.target}: {attempt.summary}"
        changing.change(
            session, recovery, State.VERIFYING, reason[:LONGEST], means=self.means, due_at=due
        )

    def _undone(self, attempt_id: int, done: Done) -> None:
        with self.database.transaction() as session:
            recovery, attempt = self._locked(session, attempt_id)
            values = {"ended_at": self.means.clock.now(), "summary": done.summary[:LONGEST]}
            if rows.move_attempt(session, attempt, [Step.UNDOING], Step.UNDONE, **values):
                summary = done.summary[:LONGEST]
                changing.change(session, recovery, State.ROLLED_BACK, summary, means=self.means)
                changing.change(
                    session, recovery, State.PLANNED, "the next strategy", means=self.means
                )
                self._next(session, recovery)

    def _stuck(
        self, session: Session, recovery: Recovery, attempt: RecoveryAttempt, why: str
    ) -> None:
        """Half taken back: nothing more is tried, a person has to look."""
        now = self.means.clock.now()
        if rows.move_attempt(session, attempt, [Step.UNDOING], Step.STUCK, ended_at=now):
            reason = f"{attempt.action} on {attempt.target} was not taken back: {why}"
            changing.change(session, recovery, State.ESCALATED, reason, means=self.means)

    def _next(self, session: Session, recovery: Recovery, *, skip: bool = False) -> None:
        if skip:
            rows.touch(session, recovery, step=recovery.step + 1)
        Advance(session, recovery, self.means).go()

    def _locked(self, session: Session, attempt_id: int) -> tuple[Recovery, RecoveryAttempt]:
        """The recovery's lock is the lock of its attempts, too."""
        recovery = rows.locked(session, rows.get_attempt(session, attempt_id).recovery_id)
        return recovery, rows.get_attempt(session, attempt_id)

    def _state(self, attempt_id: int) -> Step:
        with self.database.transaction() as session:
            return Step(rows.get_attempt(session, attempt_id).state)


def _told(error: MendlineError) -> str:
    return str(error).partition("\n")[0][:LONGEST]
