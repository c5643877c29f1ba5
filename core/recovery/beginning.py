"""From a stored event to a recovery that is on its way, if there is reason for one."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from sqlalchemy.orm import Session

from core.recovery import changing, sighting
from core.recovery.advancing import Advance
from core.recovery.book import Course
from core.recovery.means import Means
from core.recovery.sighting import Sighting
from core.recovery.situation import Situation
from core.recovery.states import State
from core.store import recovery as rows
from core.store.recovery import Change

# After these nothing is begun anew until the policy's quiet time is over.
GIVEN_UP: Final = frozenset(
    {
        *(State.ESCALATED, State.REFUSED, State.REJECTED, State.EXPIRED),
        *(State.SHADOWED, State.REPORTED, State.FAILED),
    }
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Beginning:
    session: Session
    means: Means

    def of(self, event_id: uuid.UUID) -> int | None:
        """None where nothing is to be done, or somebody is at it already."""
        sighted = self.sight(event_id)
        if sighted is None or self._joined(sighted):
            return None
        course = self.course(sighted.situation)
        if course is None or not course.chain or self._quiet(sighted, course):
            return None
        return self.begin(sighted, course.chain, rule=course.rule.name)

    def sight(self, event_id: uuid.UUID) -> Sighting | None:
        found = sighting.event(self.session, event_id)
        return sighting.sight(self.session, found, self.means.payloads) if found else None

    def course(self, situation: Situation) -> Course | None:
        book = self.means.books.book(self.session, situation.project_id, situation.component)
        return book.course(situation)

    def begin(
        self,
        sighted: Sighting,
        chain: Sequence[str],
        *,
        rule: str,
        change: Change | None = None,
    ) -> int | None:
        """`change` is a person's, who has said yes to what comes first. None where one lives."""
        begun = change or Change(None, State.PLANNED, f"rule {rule}", changing.ENGINE)
        values = {
            **_row(sighted),
            "rule": rule,
            "chain": list(chain),
            "automatic": change is None,
        }
        made = rows.create(self.session, values, begun, self.means.clock.now())
        if made is None:
            return None
        situation = sighted.situation
        self.means.observe("planned", {"category": situation.category.value})
        log.info("recovery.planned", recovery_id=made, subject=situation.subject, rule=rule)
        recovery = rows.locked(self.session, made)
        Advance(self.session, recovery, self.means, approved=change is not None).go()
        return made

    def _joined(self, sighted: Sighting) -> bool:
        """A recovery that lives takes the event as one more of the same."""
        situation, at = sighted.situation, sighted.received_at
        living = rows.living(self.session, situation.project_id, situation.subject)
        if living is None:
            return False
        last = max(living.last_event_at, at)
        rows.touch(self.session, living, events=living.events + 1, last_event_at=last)
        return True

    def _quiet(self, sighted: Sighting, course: Course) -> bool:
        """Given up a moment ago, or an event from before its recovery was seen.

        One place in a program may fail in several ways: what is given up is one of them.
        """
        situation, category = sighted.situation, sighted.situation.category.value
        last = rows.last_ended(
            self.session, situation.project_id, situation.subject, category=category
        )
        if last is None or last.ended_at is None:
            return False
        if sighted.received_at <= last.ended_at:
            return True
        quiet = timedelta(seconds=course.limits("").quiet)
        return State(last.state) in GIVEN_UP and last.ended_at + quiet > self.means.clock.now()


def _row(sighted: Sighting) -> dict[str, Any]:
    situation, at = sighted.situation, sighted.received_at
    return {
        "project_id": situation.project_id,
        "issue_id": situation.issue_id,
        "event_id": uuid.UUID(situation.event_id),
        "subject": situation.subject,
        "component": situation.component or None,
        "category": situation.category.value,
        "family": situation.family or None,
        "severity": situation.severity.value,
        "situation": situation.plain(),
        "first_event_at": at,
        "last_event_at": at,
    }
