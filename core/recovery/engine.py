"""The recovery engine: signals in, recoveries out, and what people say to them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.analysis.failing import PURE_FAILURES
from core.errors import report
from core.model import Recovery, Signal
from core.recovery import approving, explaining
from core.recovery.advancing import Advance
from core.recovery.approving import Word
from core.recovery.beginning import Beginning
from core.recovery.means import Means
from core.recovery.situation import Situation
from core.recovery.states import State, Step
from core.store import recovery as rows
from core.store import signals
from core.store.engine import Database
from core.store.signals import SignalKind

# Of one signal.
MOST_EVENTS: Final = 200
# Odd values in an event, a policy or a plug-in's answer; a row may take less than they are.
UNDECIDABLE: Final = (*PURE_FAILURES, SQLAlchemyError)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Planned:
    """`signals` were looked at; `recoveries` were begun because of them."""

    signals: int = 0
    recoveries: int = 0


@dataclass(frozen=True, slots=True)
class Engine:
    means: Means

    def work(self, database: Database, *, limit: int = 500) -> Planned:
        """Looks at the oldest signals, each in a transaction of its own."""
        looked = begun = 0
        while looked < limit and (made := self._next(database)) is not None:
            looked, begun = looked + 1, begun + made
        return Planned(looked, begun)

    def _next(self, database: Database) -> int | None:
        """How many recoveries the oldest signal begins; none where nobody has left one.

        One about which no decision can be made is told in the log, and holds up no other.
        """
        ids: list[int] = []
        try:
            with database.transaction() as session:
                claimed = signals.claim(session, [SignalKind.RECOVERABLE], limit=1)
                ids += [signal.id for signal in claimed]
                begun = sum(len(self.answer(session, signal)) for signal in claimed)
                signals.finish(session, ids, now=self.means.clock.now())
        except UNDECIDABLE as error:
            if not (ids and report(error).permanent):
                raise
            log.exception("recovery.undecided", signal_id=ids[0])
            begun = 0
            with database.transaction() as session:
                signals.finish(session, ids, now=self.means.clock.now())
        return begun if ids else None

    def answer(self, session: Session, signal: Signal) -> list[int]:
        """The recoveries that one signal begins."""
        named = [signal.detail.get("event_id"), *signal.detail.get("operations", ())]
        wanted = [uuid.UUID(each) for each in named if each][:MOST_EVENTS]
        return [made for each in wanted if (made := self.plan(session, each)) is not None]

    def plan(self, session: Session, event_id: uuid.UUID) -> int | None:
        """None where nothing is to be done, or somebody is at it already."""
        return Beginning(session, self.means).of(event_id)

    def advance(self, session: Session, recovery_id: int) -> str:
        """Goes on with one that was put off; its state."""
        recovery = rows.locked(session, recovery_id)
        waiting = {Step.ORDERED, Step.RUNNING}
        made = rows.attempts(session, recovery_id)
        if recovery.state == State.PLANNED and not any(each.state in waiting for each in made):
            Advance(session, recovery, self.means).go()
        return recovery.state

    def approve(self, session: Session, recovery_id: int, *, by: str, why: str) -> Recovery:
        """Orders what waits; where a guard refuses it now, it goes on waiting."""
        return approving.approve(session, recovery_id, Word(by, why), self.means)

    def reject(self, session: Session, recovery_id: int, *, by: str, why: str) -> Recovery:
        return approving.reject(session, recovery_id, Word(by, why), self.means)

    def run(
        self, session: Session, recovery_id: int, *, by: str, why: str, strategy: str | None = None
    ) -> Recovery:
        """Tries what was only thought of, as a new recovery of the same subject."""
        word = Word(by, why)
        return approving.run(session, recovery_id, word, self.means, strategy=strategy)

    def explain(self, session: Session, event_id: uuid.UUID) -> Mapping[str, Any]:
        """What would be done about an event now, and why; nothing is written."""
        return explaining.explain(session, event_id, self.means)

    def explain_situation(self, session: Session, situation: Situation) -> Mapping[str, Any]:
        """The same of a failure that nobody has had yet."""
        return explaining.of_situation(session, situation, self.means)
