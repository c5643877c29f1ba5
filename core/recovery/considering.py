"""What a strategy would do now and what the guards say to it, before anything is written."""

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.orm import Session

from core.model import Recovery, RecoveryAttempt
from core.recovery.book import Course
from core.recovery.decision import Decision, Verb, skip
from core.recovery.guard import Picture, Refusal
from core.recovery.guards import refusal
from core.recovery.limits import Limits
from core.recovery.means import Means
from core.recovery.mode import Mode
from core.recovery.situation import Situation
from core.recovery.strategy import RESEND, Given, Use
from core.store import recovery as rows
from core.store.recovery import Aim

# What belongs to all projects alike.
SHARED: Final = frozenset({"db", "host", "pool", "queue"})
# What burdens the component itself: its breaker and its budget have a say in it.
SENDING: Final = frozenset({RESEND, "replay"})
TIMEOUT: Final = 30.0
# Who only looks on needs no guard.
_IDLE: Final = frozenset({Mode.REPORT, Mode.SHADOW})


@dataclass(frozen=True, slots=True)
class Considered:
    """`refusal` is none where the guards let it pass, or need not be asked."""

    strategy: str
    decision: Decision
    limits: Limits
    mode: Mode = Mode.AUTO
    use: Use | None = None
    refusal: Refusal | None = None

    @property
    def timeout(self) -> float:
        return self.use.timeout if self.use else TIMEOUT


def aim(decision: Decision, project_id: int) -> Aim:
    shared = decision.target.partition(":")[0] in SHARED
    return Aim(0 if shared else project_id, decision.target, decision.action)


@dataclass(frozen=True, slots=True)
class Consideration:
    """`approved`: a person has said yes, so that shadows and questions are over.

    `dry`: only to be told about; the guards are asked in any mode, and nothing is locked.
    """

    means: Means
    situation: Situation
    course: Course
    approved: bool = False
    dry: bool = False

    def of(self, session: Session, recovery: Recovery, strategy: str, tries: int) -> Considered:
        """The target is locked from here on, so that what the guards count stays true."""
        use, limits = self.course.use(strategy), self.course.limits(strategy)
        decision = self.decided(strategy, tries)
        if decision.verb is not Verb.ACT:
            return Considered(strategy, decision, limits)
        mode = self.course.mode(decision.action, use)
        if self.approved and mode is not Mode.OFF:
            mode = Mode.APPROVE
        found = Considered(strategy, decision, limits, mode, use)
        if mode in _IDLE and not self.dry:
            return found
        return replace(found, refusal=self._refusal(session, recovery, found))

    def guarded(
        self, session: Session, recovery: Recovery, waiting: RecoveryAttempt
    ) -> Refusal | None:
        """What the guards say now to an attempt that has waited."""
        strategy, use = waiting.strategy, self.course.use(waiting.strategy)
        decision = Decision(Verb.ACT, waiting.reason, waiting.action, waiting.target)
        off = self.course.mode(waiting.action, use) is Mode.OFF
        mode = Mode.OFF if off else Mode.APPROVE
        found = Considered(strategy, decision, self.course.limits(strategy), mode, use)
        return self._refusal(session, recovery, found)

    def decided(self, strategy: str, tries: int) -> Decision:
        found = self.means.strategies.get(strategy)
        if found is None:
            return skip("there is no such strategy here")
        situation, means = self.situation, self.means
        usual = means.policies.of(situation.category, situation.kind).retry
        retry = means.adapted(usual, situation.category.value, situation.component)
        return found.decide(situation, Given(retry, tries, means.rand, self.course.use(strategy)))

    def _refusal(self, session: Session, recovery: Recovery, found: Considered) -> Refusal | None:
        if not self.dry:
            aimed = aim(found.decision, recovery.project_id)
            rows.lock_targets(session, aimed, recovery.project_id, self.means.clock.now())
        return refusal(self._picture(session, recovery, found))

    def _picture(self, session: Session, recovery: Recovery, found: Considered) -> Picture:
        means, now = self.means, self.means.clock.now()
        decision, component = found.decision, recovery.component or ""
        aimed = aim(decision, recovery.project_id)
        counts = rows.counts(session, recovery, aimed, since=now - found.limits.memory)
        around, sends = means.surroundings, decision.action in SENDING
        return Picture(
            now=now,
            action=decision.action,
            target=decision.target,
            mode=found.mode,
            limits=found.limits,
            acts=counts.acts,
            healthy_at=counts.healthy_at,
            live=counts.live,
            live_in_project=counts.live_in_project,
            live_in_component=counts.live_in_component,
            taken=recovery.acted,
            instances=found.use.instances if found.use else None,
            windows=self.course.windows(),
            breaker_until=around.breaker_until(component) if sends else None,
            budget=not sends or around.has_budget(component),
            approved=self.approved,
            known=decision.action in means.actions,
        )
