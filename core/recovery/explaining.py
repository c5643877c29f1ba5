"""What would be done about an event or a situation now, and why; nothing is written."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.model import Recovery
from core.recovery.beginning import Beginning
from core.recovery.considering import Consideration, Considered
from core.recovery.decision import Verb
from core.recovery.means import Means
from core.recovery.sharing import Lull, done_already
from core.recovery.situation import Situation


def explain(session: Session, event_id: uuid.UUID, means: Means) -> Mapping[str, Any]:
    beginning = Beginning(session, means)
    sighted = beginning.sight(event_id)
    if sighted is None:
        return {"situation": None, "reason": "The event is gone, ignored or no failure."}
    return of_situation(session, sighted.situation, means, at=sighted.received_at)


def of_situation(
    session: Session, situation: Situation, means: Means, *, at: datetime | None = None
) -> Mapping[str, Any]:
    """`at`: when it failed; by default now."""
    course = Beginning(session, means).course(situation)
    if course is None:
        return {"situation": situation.plain(), "reason": "No rule of a policy matches."}
    considering = Consideration(means, situation, course, dry=True)
    now = means.clock.now()
    recovery, lull = _imagined(situation, at or now, now), Lull(now, course.verification().hold)
    return {
        "situation": situation.plain(),
        "reason": "" if course.chain else "The rule says that nothing is to be done.",
        "policy": {"layer": course.layer.name, "version": course.layer.version},
        "rule": {"name": course.rule.name, "line": course.rule.line},
        "verification": course.verification().plain(),
        "chain": [
            _plain(session, recovery, considering.of(session, recovery, strategy, 0), lull)
            for strategy in course.chain
        ],
    }


def _imagined(situation: Situation, at: datetime, now: datetime) -> Recovery:
    return Recovery(
        project_id=situation.project_id,
        subject=situation.subject,
        issue_id=situation.issue_id,
        category=situation.category.value,
        component=situation.component,
        last_event_at=at,
        planned_at=now,
        acted=0,
    )


def _plain(session: Session, recovery: Recovery, found: Considered, lull: Lull) -> dict[str, Any]:
    decision, refusal = found.decision, found.refusal
    plain: dict[str, Any] = {
        "strategy": found.strategy,
        "does": decision.verb.value,
        "reason": decision.reason,
    }
    if decision.verb is Verb.ACT:
        act = done_already(session, recovery, found, lull)
        plain |= {
            "action": decision.action,
            "target": decision.target,
            "arguments": dict(decision.arguments),
            "mode": found.mode.value,
            "delay": round(decision.delay, 3),
            "done_for": str(act.recovery_id) if act else None,
            "refused_by": refusal.guard if refusal else None,
            "refused_because": refusal.reason if refusal else None,
        }
    return plain
