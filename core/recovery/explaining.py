"""What would be done about an event or a situation now, and why; nothing is written."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.model import Recovery
from core.recovery.beginning import Beginning
from core.recovery.considering import Consideration, Considered
from core.recovery.decision import Verb
from core.recovery.means import Means
from core.recovery.situation import Situation


def explain(session: Session, event_id: uuid.UUID, means: Means) -> Mapping[str, Any]:
    beginning = Beginning(session, means)
    sighted = beginning.sight(event_id)
    if sighted is None:
        return {"situation": None, "reason": "The event is gone, ignored or no failure."}
    return of_situation(session, sighted.situation, means)


def of_situation(session: Session, situation: Situation, means: Means) -> Mapping[str, Any]:
    course = Beginning(session, means).course(situation)
    if course is None:
        return {"situation": situation.plain(), "reason": "No rule of a policy matches."}
    considering = Consideration(means, situation, course, dry=True)
    recovery = _imagined(situation)
    return {
        "situation": situation.plain(),
        "reason": "" if course.chain else "The rule says that nothing is to be done.",
        "policy": {"layer": course.layer.name, "version": course.layer.version},
        "rule": {"name": course.rule.name, "line": course.rule.line},
        "verification": course.verification().plain(),
        "chain": [
            _plain(considering.of(session, recovery, strategy, 0)) for strategy in course.chain
        ],
    }


def _imagined(situation: Situation) -> Recovery:
    return Recovery(project_id=situation.project_id, component=situation.component, acted=0)


def _plain(found: Considered) -> dict[str, Any]:
    decision, refusal = found.decision, found.refusal
    plain: dict[str, Any] = {
        "strategy": found.strategy,
        "does": decision.verb.value,
        "reason": decision.reason,
    }
    if decision.verb is Verb.ACT:
        plain |= {
            "action": decision.action,
            "target": decision.target,
            "arguments": dict(decision.arguments),
            "mode": found.mode.value,
            "delay": round(decision.delay, 3),
            "refused_by": refusal.guard if refusal else None,
            "refused_because": refusal.reason if refusal else None,
        }
    return plain
