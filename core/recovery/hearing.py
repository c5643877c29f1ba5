"""What people say to recoveries, with a line in the audit of who, from where, and why."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from core.access import audit
from core.access.audit import Act, Actor
from core.model import Recovery
from core.recovery.situation import Situation
from core.store import recovery as rows


class Engine(Protocol):
    def approve(self, session: Session, recovery_id: int, *, by: str, why: str) -> Recovery: ...

    def reject(self, session: Session, recovery_id: int, *, by: str, why: str) -> Recovery: ...

    def run(
        self, session: Session, recovery_id: int, *, by: str, why: str, strategy: str | None = None
    ) -> Recovery: ...

    def explain(self, session: Session, event_id: uuid.UUID) -> Mapping[str, Any]: ...

    def explain_situation(self, session: Session, situation: Situation) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Hearing:
    """One request of a person. `only`: nothing but recoveries of this project are there."""

    engine: Engine
    actor: Actor
    now: datetime
    only: int | None = None

    def approve(self, session: Session, recovery_id: int, why: str) -> Recovery:
        rows.get(session, recovery_id, project_id=self.only)
        found = self.engine.approve(session, recovery_id, by=self.actor.name, why=why)
        return self._heard(session, found, "recovery.approved", why)

    def reject(self, session: Session, recovery_id: int, why: str) -> Recovery:
        rows.get(session, recovery_id, project_id=self.only)
        found = self.engine.reject(session, recovery_id, by=self.actor.name, why=why)
        return self._heard(session, found, "recovery.rejected", why)

    def run(
        self, session: Session, recovery_id: int, why: str, strategy: str | None = None
    ) -> Recovery:
        """A new recovery, which is answered; the old one stays as it ended."""
        rows.get(session, recovery_id, project_id=self.only)
        by = self.actor.name
        found = self.engine.run(session, recovery_id, by=by, why=why, strategy=strategy)
        return self._heard(session, found, "recovery.run", why, after=str(recovery_id))

    def _heard(
        self, session: Session, found: Recovery, name: str, why: str, **more: str
    ) -> Recovery:
        detail = {"why": why, "state": found.state, **more}
        act = Act(
            name=name,
            subject="recovery",
            subject_id=found.id,
            project_id=found.project_id,
            detail=detail,
        )
        audit.record(session, self.actor, act, now=self.now)
        return found
