"""Recoveries as the engine leaves them, for the commands and the routes to find."""

import uuid
from datetime import timedelta

from core.analysis.proposal import Advice
from core.analysis.result import Severity
from core.errors import Category
from core.model import Recovery, RecoveryAttempt, RecoveryPolicy, RecoveryTransition
from core.recovery.situation import Situation


def situation(project_id, **more):
    known = {
        "project_id": project_id,
        "issue_id": None,
        "event_id": uuid.uuid4().hex,
        "subject": "issue:1",
        "title": "ConnectionResetError: reset by peer",
        "category": Category.CONNECTION,
        "family": "dependency",
        "kind": "connection",
        "advice": Advice.RETRY,
        "severity": Severity.HIGH,
        "transient": True,
        "component": "checkout",
    }
    return Situation(**known | more)


def ask_first(database, project_id, now):
    """A policy by which pools are restarted once a person has said yes."""
    with database.transaction() as session:
        session.add(
            RecoveryPolicy(
                project_id=project_id,
                component="",
                version=1,
                content='[modes]\nrestart_pool = "approve"\n\n[use.restart]\n'
                'action = "restart_pool"\ntarget = "pool:alerts"\n'
                'arguments = { pool = "alerts" }\n',
                author="ann",
                created_at=now,
            )
        )


def add(database, project_id, now, *, state="awaiting_approval", step="awaiting", **values):
    """One recovery with one attempt; its id."""
    about = situation(project_id)
    ended = None if state in {"awaiting_approval", "planned"} else now
    known = {
        "project_id": project_id,
        "event_id": uuid.UUID(about.event_id),
        "subject": f"issue:{uuid.uuid4().hex}",
        "component": about.component,
        "category": about.category.value,
        "family": about.family,
        "severity": about.severity.value,
        "rule": "transient",
        "chain": ["restart", "escalate"],
        "situation": about.plain(),
        "state": state,
        "reason": "a person is asked",
        "first_event_at": now - timedelta(seconds=30),
        "last_event_at": now,
        "planned_at": now - timedelta(seconds=20),
        "state_at": now,
        "ended_at": ended,
    }
    with database.transaction() as session:
        made = Recovery(**known | values)
        session.add(made)
        session.flush()
        session.add(
            RecoveryAttempt(
                recovery_id=made.id,
                number=1,
                strategy="restart",
                action="restart_pool",
                target="pool:alerts",
                scope=0,
                arguments={"pool": "alerts"},
                mode="approve",
                state=step,
                reason="it hangs",
                timeout=30.0,
                at=now,
                expires_at=now + timedelta(hours=1),
                ended_at=ended,
                verification={"verdict": "verified"} if state == "recovered" else None,
            )
        )
        session.add(
            RecoveryTransition(
                recovery_id=made.id, old=None, new=state, reason="x", actor="recovery", at=now
            )
        )
        return made.id
