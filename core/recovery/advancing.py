"""Goes along the chain of a planned recovery to the next thing that may be done, or to its end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy.orm import Session

from core.model import Recovery, RecoveryAttempt
from core.recovery import changing, orders
from core.recovery.considering import SENDING, Consideration, Considered, aim
from core.recovery.decision import Verb
from core.recovery.guard import Refusal, Then
from core.recovery.means import Means
from core.recovery.mode import Mode
from core.recovery.sharing import Lull, done_already
from core.recovery.situation import Situation
from core.recovery.states import State, Step
from core.store import components
from core.store import recovery as rows

log = structlog.get_logger()

# What did not happen is no try.
NO_TRY: Final = frozenset({Step.SKIPPED, Step.REFUSED, Step.AWAITING, Step.DROPPED})
# A guard that says later is asked again after so long at least, and longer each time.
FIRST_PAUSE: Final = 5.0
LONGEST_PAUSE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Advance:
    """One planned recovery, locked by the caller. `approved`: a person has said yes."""

    session: Session
    recovery: Recovery
    means: Means
    approved: bool = False

    def go(self) -> None:
        """Ends with an order, a question, a pause or an end; never goes back in the chain."""
        situation = Situation.of(self.recovery.situation)
        book = self.means.books.book(
            self.session, self.recovery.project_id, self.recovery.component or ""
        )
        course = book.course(situation)
        if course is None:
            self._end(State.REFUSED, "no policy is meant for it any more")
            return
        considering = Consideration(self.means, situation, course, self.approved)
        chain = self.recovery.chain
        while self.recovery.step < len(chain):
            strategy = chain[self.recovery.step]
            tries = self._tries(strategy)
            found = considering.of(self.session, self.recovery, strategy, tries)
            if self._settled(found, course.verification().plain()):
                return
            rows.touch(self.session, self.recovery, step=self.recovery.step + 1)
        self._out_of_ideas()

    def _settled(self, found: Considered, verify: dict[str, Any]) -> bool:
        """False where the next strategy is to be asked."""
        decision = found.decision
        if decision.verb is Verb.ESCALATE:
            self._end(State.ESCALATED, decision.reason)
            return True
        if decision.verb is Verb.SKIP:
            self._note(found, Step.SKIPPED, decision.reason)
            return False
        if decision.verb is Verb.WATCH:
            self._watch(found, verify)
            return True
        return self._acted(found, verify)

    def _acted(self, found: Considered, verify: dict[str, Any]) -> bool:
        lull = Lull(self.means.clock.now(), verify["hold"])
        act = None if self.approved else done_already(self.session, self.recovery, found, lull)
        if act is not None:
            self._share(found, act, verify)
            return True
        if found.refusal is not None:
            return self._refused(found, found.refusal, verify)
        if found.mode is Mode.REPORT:
            self._note(found, Step.REPORTED, found.decision.reason)
            return False
        self._order(found, verify)
        return True

    def _order(self, found: Considered, verify: dict[str, Any]) -> None:
        """The intent is a row before the act; a shadow is no act."""
        now = self.means.clock.now()
        due = now + timedelta(seconds=found.decision.delay)
        shadow = found.mode is Mode.SHADOW
        made = self._note(
            found,
            Step.ORDERED,
            found.decision.reason,
            verify=verify,
            due_at=due,
            ordered_at=None if shadow else now,
        )
        self.means.order(self.session, orders.attempt(made, due, self.recovery.component))
        if shadow:
            rows.touch(self.session, self.recovery, due_at=due)
            return
        if made.action in SENDING:
            self.means.surroundings.spent(self.recovery.component or "")
        self._change(
            State.ACTING,
            f"{found.strategy}: {found.decision.reason}",
            acted=self.recovery.acted + 1,
            due_at=due,
        )

    def _share(self, found: Considered, act: RecoveryAttempt, verify: dict[str, Any]) -> None:
        """Nothing is ordered, nothing will be taken back: both are the other recovery's."""
        now = self.means.clock.now()
        reason = f"{act.action} on {act.target} was done for recovery {act.recovery_id}"
        evidence = {"recovery_id": str(act.recovery_id)}
        made = self._note(found, Step.ACTED, reason, verify=verify, acted_at=now, evidence=evidence)
        due = now + timedelta(seconds=verify["after"])
        self.means.order(self.session, orders.verify(made, due, look=1))
        self._change(State.VERIFYING, f"{found.strategy}: {reason}", due_at=due)

    def _watch(self, found: Considered, verify: dict[str, Any]) -> None:
        now = self.means.clock.now()
        told = components.successes(
            self.session, self.recovery.project_id, self.recovery.component or "", since=now
        )
        made = self._note(
            found,
            Step.WATCHED,
            found.decision.reason,
            verify=verify,
            acted_at=now,
            verification={"successes": told},
        )
        due = now + timedelta(seconds=found.decision.delay + verify["after"])
        self.means.order(self.session, orders.verify(made, due, look=1))
        self._change(State.VERIFYING, f"{found.strategy}: {found.decision.reason}", due_at=due)

    def _refused(self, found: Considered, refusal: Refusal, verify: dict[str, Any]) -> bool:
        if refusal.then is Then.ASK:
            self._ask(found, refusal, verify)
            return True
        self._note(found, Step.REFUSED, refusal.reason, guard=refusal.guard)
        about = {"guard": refusal.guard, "action": found.decision.action}
        self.means.observe("refused", about)
        if refusal.then is Then.ESCALATE:
            self._end(State.ESCALATED, refusal.reason)
            return True
        if refusal.then is Then.LATER and not self.approved:
            return self._put_off(found, refusal)
        return False

    def _put_off(self, found: Considered, refusal: Refusal) -> bool:
        """Until the guard's own time, with growing pauses, as long as the patience lasts."""
        now = self.means.clock.now()
        ends = self.recovery.planned_at + timedelta(seconds=found.limits.patience)
        if now >= ends:
            return False
        refused = sum(
            each.state == Step.REFUSED for each in rows.attempts(self.session, self.recovery.id)
        )
        pause = min(FIRST_PAUSE * 2 ** min(refused - 1, 10), LONGEST_PAUSE)
        due = max(refusal.until or now, now + timedelta(seconds=pause))
        due = max(min(due, ends), now + timedelta(seconds=FIRST_PAUSE))
        rows.touch(self.session, self.recovery, due_at=due)
        self.means.order(self.session, orders.advance(self.recovery.id, due))
        return True

    def _ask(self, found: Considered, refusal: Refusal, verify: dict[str, Any]) -> None:
        expires = self.means.clock.now() + timedelta(seconds=found.limits.approval)
        self._note(
            found,
            Step.AWAITING,
            found.decision.reason,
            guard=refusal.guard,
            verify=verify,
            expires_at=expires,
        )
        self._change(State.AWAITING_APPROVAL, refusal.reason, due_at=expires)

    def _note(self, found: Considered, state: Step, reason: str, **values: Any) -> RecoveryAttempt:
        decision, now = found.decision, self.means.clock.now()
        aimed = aim(decision, self.recovery.project_id)
        return rows.attempt(
            self.session,
            self.recovery.id,
            {
                "strategy": found.strategy,
                "action": decision.action,
                "target": decision.target,
                "scope": aimed.scope,
                "arguments": dict(decision.arguments),
                "mode": found.mode.value,
                "state": state.value,
                "reason": reason,
                "timeout": found.timeout,
                "at": now,
                "ended_at": _ended(state, now),
                **values,
            },
        )

    def _tries(self, strategy: str) -> int:
        made = rows.attempts(self.session, self.recovery.id)
        return sum(each.strategy == strategy and each.state not in NO_TRY for each in made)

    def _out_of_ideas(self) -> None:
        """The chain ended without calling a person."""
        made = {each.state for each in rows.attempts(self.session, self.recovery.id)}
        for step, state in (
            (Step.SHADOWED, State.SHADOWED),
            (Step.REPORTED, State.REPORTED),
            (Step.REFUSED, State.REFUSED),
        ):
            if step in made and not self.recovery.acted:
                self._end(state, "the chain of the policy has ended")
                return
        self._end(State.FAILED, "nothing of the policy's chain has mended it")

    def _end(self, state: State, reason: str) -> None:
        self._change(state, reason)

    def _change(self, state: State, reason: str, **values: Any) -> None:
        changing.change(self.session, self.recovery, state, reason, means=self.means, **values)


def _ended(state: Step, now: datetime) -> datetime | None:
    return now if state in {Step.SKIPPED, Step.REFUSED, Step.REPORTED} else None
