"""Looks whether an act has helped, and draws the consequences: recovered, taken back, or go on."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from core.errors import MendlineError
from core.model import Recovery, RecoveryAttempt
from core.recovery import changing, orders, recurrence
from core.recovery.advancing import Advance
from core.recovery.considering import SENDING
from core.recovery.limits import Verification
from core.recovery.means import Means
from core.recovery.probe import Finding, Question
from core.recovery.states import State, Step
from core.recovery.verification import Evidence, Outcome, Verdict, judge
from core.store import components
from core.store import recovery as rows
from core.store.engine import Database

PROBE_SECONDS: Final = 10.0
# Who only waits to be told of a success looks so much more seldom.
CALMLY: Final = 4
BASELINE: Final = timedelta(hours=1)
# What was done, or may have been, and waits for a verdict.
_OPEN: Final = (Step.ACTED, Step.UNKNOWN, Step.WATCHED)


@dataclass(frozen=True, slots=True)
class Verifying:
    """The probe is asked outside of any transaction."""

    database: Database
    means: Means

    def look(self, attempt_id: int, look: int) -> str:
        """What came of it, in a word. A look that was taken already is not taken again."""
        with self.database.transaction() as session:
            attempt = rows.get_attempt(session, attempt_id)
        if attempt.state not in _OPEN or _looks(attempt) >= look:
            return attempt.state
        settings = Verification(**attempt.verify)
        finding = self._ask(settings)
        with self.database.transaction() as session:
            recovery = rows.locked(session, attempt.recovery_id)
            attempt = rows.get_attempt(session, attempt_id)
            if recovery.state != State.VERIFYING or _looks(attempt) >= look:
                return attempt.state
            found = _Look(session, recovery, attempt, self.means)
            return found.draw(settings, finding, look)

    def _ask(self, settings: Verification) -> Finding | None:
        """A probe that cannot be asked proves nothing good."""
        if not settings.probe:
            return None
        probe = self.means.probes.get(settings.probe)
        if probe is None:
            return Finding(healthy=False, summary=f"no probe is called {settings.probe}", seconds=0)
        begun = self.means.clock.monotonic()
        try:
            return probe.ask(Question(settings.probe, settings.arguments, PROBE_SECONDS))
        except MendlineError as error:
            seconds = self.means.clock.monotonic() - begun
            return Finding(healthy=False, summary=str(error), seconds=seconds)


@dataclass(frozen=True, slots=True)
class _Look:
    session: Session
    recovery: Recovery
    attempt: RecoveryAttempt
    means: Means

    def draw(self, settings: Verification, finding: Finding | None, look: int) -> str:
        evidence = self._evidence(finding)
        verdict = judge(evidence, self._strict(settings, evidence))
        self._keep(evidence, verdict, look)
        if verdict.outcome is Outcome.WELL:
            self._recovered(verdict)
        elif verdict.outcome is Outcome.ILL:
            self._disproved(verdict)
        elif verdict.outcome is Outcome.SILENT:
            self._subsided(verdict)
        else:
            calmly = CALMLY if evidence.watched and verdict.well else 1
            due = evidence.now + timedelta(seconds=settings.every * calmly)
            rows.touch(self.session, self.recovery, due_at=due)
            self.means.order(self.session, orders.verify(self.attempt, due, look=look + 1))
        return self.attempt.state

    def _strict(self, settings: Verification, evidence: Evidence) -> Verification:
        """Work that was sent again and failed again needs no second look."""
        failed = evidence.failures and self.recovery.subject.startswith("operation:")
        return replace(settings, within=0.0) if failed else settings

    def _evidence(self, finding: Finding | None) -> Evidence:
        now, acted_at = self.means.clock.now(), self.attempt.acted_at or self.attempt.at
        failures, last = recurrence.failures(self.session, self.recovery, acted_at)
        earlier = self.attempt.verification or {}
        since = earlier.get("well_since")
        return Evidence(
            now=now,
            acted_at=acted_at,
            failures=failures,
            last_failure=last,
            baseline=self._baseline(),
            finding=finding,
            well_since=datetime.fromisoformat(since) if since else None,
            flaps=int(earlier.get("flaps", 0)),
            apart=self._apart(acted_at),
            watched=self.attempt.state == Step.WATCHED,
            successes=self._successes() - int(earlier.get("successes", 0)),
        )

    def _successes(self) -> int:
        """What the component told by itself since the minute in which it was first watched."""
        if self.attempt.state != Step.WATCHED or not self.recovery.component:
            return 0
        about = (self.recovery.project_id, self.recovery.component)
        return components.successes(self.session, *about, since=self.attempt.at)

    def _apart(self, acted_at: datetime) -> float | None:
        """Seconds between two failures before the act; not known from fewer than two."""
        first, kind = self.recovery.first_event_at, recurrence.kind(self.recovery)
        if kind is None:
            return None
        later, since_then = (
            rows.events_since(self.session, kind, at)[0] for at in (first, acted_at)
        )
        spans = later - since_then
        return (acted_at - first).total_seconds() / spans if spans > 0 else None

    def _baseline(self) -> float:
        kind, until = recurrence.kind(self.recovery), self.recovery.first_event_at
        return rows.baseline(self.session, kind, until, span=BASELINE) if kind else 0.0

    def _keep(self, evidence: Evidence, verdict: Verdict, look: int) -> None:
        earlier = self.attempt.verification or {}
        was_well = earlier.get("well_since") is not None
        since = evidence.well_since or evidence.now
        kept: dict[str, Any] = {
            "look": look,
            "at": evidence.now.isoformat(),
            "outcome": verdict.outcome.value,
            "reason": verdict.reason,
            "failures": evidence.failures,
            "baseline": round(evidence.baseline, 6),
            "probe": evidence.finding.summary if evidence.finding else None,
            "well_since": since.isoformat() if verdict.well else None,
            "flaps": evidence.flaps + (was_well and not verdict.well),
            "successes": int(earlier.get("successes", 0)),
        }
        if not verdict.well:
            kept["successes"] = self._successes()  # of before it was well
        rows.move_attempt(
            self.session, self.attempt, [self.attempt.state], self.attempt.state, verification=kept
        )

    def _recovered(self, verdict: Verdict) -> None:
        now = self.means.clock.now()
        rows.move_attempt(self.session, self.attempt, _OPEN, Step.VERIFIED, ended_at=now)
        rows.healthy(self.session, self.attempt, now)
        if self.attempt.action in SENDING:
            self.means.surroundings.succeeded(self.recovery.component or "")
        reason = f"{self.attempt.strategy}: {verdict.reason}"
        changing.change(self.session, self.recovery, State.RECOVERED, reason, means=self.means)

    def _subsided(self, verdict: Verdict) -> None:
        now = self.means.clock.now()
        rows.move_attempt(self.session, self.attempt, _OPEN, Step.UNPROVEN, ended_at=now)
        reason = f"{self.attempt.strategy}: {verdict.reason}"
        changing.change(self.session, self.recovery, State.SUBSIDED, reason, means=self.means)

    def _disproved(self, verdict: Verdict) -> None:
        now, undo = self.means.clock.now(), self._can_be_undone()
        ended = None if undo else now
        rows.move_attempt(self.session, self.attempt, _OPEN, Step.DISPROVED, ended_at=ended)
        state = State.ROLLING_BACK if undo else State.PLANNED
        changing.change(
            self.session, self.recovery, state, verdict.reason, means=self.means, due_at=now
        )
        if undo:
            self.means.order(self.session, orders.undo(self.attempt, now))
        else:
            Advance(self.session, self.recovery, self.means).go()

    def _can_be_undone(self) -> bool:
        action = self.means.actions.get(self.attempt.action)
        return action is not None and action.reversible and self.attempt.undo is not None


def _looks(attempt: RecoveryAttempt) -> int:
    return int((attempt.verification or {}).get("look", 0))
