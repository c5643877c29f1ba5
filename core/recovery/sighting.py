"""From a stored event to the situation that it tells of."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.analysis.event import mapping
from core.analysis.proposal import Advice, usual
from core.analysis.result import Severity
from core.errors import Category
from core.intake.rest import CONTEXT
from core.issues.states import Status
from core.model import Event, Issue
from core.recovery.situation import Situation
from core.store.payloads import PayloadError, Payloads

LONGEST: Final = 200
_SILENT: Final = frozenset({Status.IGNORED, Status.RESOLVED})


class Sighting(NamedTuple):
    situation: Situation
    received_at: datetime


def event(session: Session, event_id: uuid.UUID) -> Event | None:
    return session.scalar(
        select(Event).where(Event.event_id == event_id).order_by(Event.received_at.desc()).limit(1)
    )


def sight(session: Session, found: Event, payloads: Payloads) -> Sighting | None:
    """None for what nobody should be troubled with: ignored, or no failure."""
    issue = _issue(session, found.issue_id)
    if issue is None or Status(issue.status) in _SILENT or found.level == "info":
        return None
    document = read(session, found, payloads)
    return Sighting(_situation(issue, found, document), found.received_at)


def read(session: Session, found: Event, payloads: Payloads) -> Mapping[str, Any]:
    """Empty where the payload was thinned out or cannot be read."""
    if found.payload is None:
        return {}
    try:
        return payloads.unpack(session, found.payload, found.dictionary_id)
    except PayloadError:
        return {}


def told(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the client told for the sake of recovery."""
    contexts = mapping(mapping(document.get("event")).get("contexts"))
    return mapping(contexts.get(CONTEXT))


def _piece_of_work(told: Mapping[str, Any], component: str | None) -> str:
    """One name for one piece of work, however often it fails."""
    plain = told.get("operation_id") or told.get("replay")
    packed = orjson.dumps([component, plain], option=orjson.OPT_SORT_KEYS, default=str)
    return hashlib.sha256(packed).hexdigest()[:32]


def _issue(session: Session, issue_id: int) -> Issue | None:
    found = session.get(Issue, issue_id)
    while found is not None and found.merged_into is not None:
        found = session.get(Issue, found.merged_into)
    return found


def _situation(issue: Issue, found: Event, document: Mapping[str, Any]) -> Situation:
    analysis = mapping(document.get("analysis"))
    meant, extra = told(document), mapping(mapping(document.get("event")).get("extra"))
    proposal = mapping(analysis.get("proposal"))
    category = Category(found.category)
    again = found.transient and bool(mapping(meant.get("replay")))
    work = f"operation:{_piece_of_work(meant, found.component)}"
    advised = proposal.get("action")
    return Situation(
        project_id=found.project_id,
        issue_id=issue.id,
        event_id=found.event_id.hex,
        subject=work if again else f"issue:{issue.id}:{category.value}",
        title=issue.title[:LONGEST],
        category=category,
        family=found.family or "",
        kind=_kind(found.family, analysis.get("kind")),
        advice=Advice(advised) if advised else usual(category, transient=found.transient),
        severity=Severity(found.severity),
        transient=found.transient,
        component=found.component or "",
        release=found.release or "",
        environment=found.environment or "",
        operation=str(meant.get("operation") or "")[:LONGEST],
        replayable=again,
        new_in_release=bool(found.release) and found.release == issue.first_release,
        retry_after=_seconds(extra, analysis, proposal),
        context={str(name): str(value) for name, value in mapping(analysis.get("context")).items()},
    )


def _kind(family: str | None, kind: Any) -> str:
    return f"{family}.{kind}" if family and kind else ""


def _seconds(*places: Mapping[str, Any]) -> float | None:
    """The first that tells a time to wait."""
    for place in places:
        found = place.get("retry_after")
        if isinstance(found, int | float) and not isinstance(found, bool) and found >= 0:
            return float(found)
    return None
