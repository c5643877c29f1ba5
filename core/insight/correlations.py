"""Groups of issues that burst together, kept as rows from their first minute to their last.

1. Each minute looks at the window just past. Bursts of one project that began together are a group;
   they join an open group that they share an issue with, or that began a few minutes before.
2. The rows say what the counts say: a run that is repeated, or comes late, writes the same again.
3. A group that no issue bursts in any more is closed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, insert
from sqlalchemy.orm import Session

from core.analysis import cascade
from core.analysis.cascade import Burst, Cascade
from core.insight import bursts
from core.insight.bursts import Window
from core.insight.groups import State
from core.model import CorrelationGroup, CorrelationMember, Issue

LOCK: Final = 0x4D454E43
# After so long without a burst a group is over; bursts that begin later are another one.
QUIET: Final = timedelta(minutes=10)
JOIN: Final = timedelta(minutes=10)

_LOCKED: Final = text("SELECT pg_advisory_xact_lock(:key)")
_EVENTS: Final = text("""
    SELECT issue_id, sum(events) AS events FROM issue_minutes
    WHERE issue_id = ANY(:issues) AND minute >= :since AND minute < :until GROUP BY issue_id
""").bindparams(bindparam("issues", type_=ARRAY(BIGINT)))


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Groups that are new, that went on, and that ended."""

    begun: int = 0
    continued: int = 0
    closed: int = 0


def evaluate(session: Session, now: datetime) -> Evaluated:
    session.execute(_LOCKED, {"key": LOCK})
    window = Window(now.replace(second=0, microsecond=0))
    begun = continued = 0
    for project_id, found in bursts.found(session, window).items():
        for group in cascade.cascades(found):
            if _keep(session, project_id, group, window):
                begun += 1
            else:
                continued += 1
    return Evaluated(begun, continued, _close(session, window.until, now))


def _keep(session: Session, project_id: int, found: Cascade, window: Window) -> bool:
    """Into a group of its own or into one that is open; says whether it is new."""
    row = _open_group(session, project_id, found)
    if row is not None:
        found = _joined(session, row, found, window)
    values = {
        "last_at": window.until,
        "suspect_id": found.members[0].burst.issue_id if found.confidence else None,
        "confidence": found.confidence,
        "reasons": list(found.reasons),
        "issue_count": len(found.members),
        "event_count": sum(member.burst.events for member in found.members),
    }
    if row is None:
        begun = {"project_id": project_id, "state": State.OPEN, "started_at": found.started_at}
        made = CorrelationGroup(**begun, **values)
        session.add(made)
        session.flush()
        _write(session, made.id, found)
        return True
    values["last_at"] = max(row.last_at, window.until)
    values["started_at"] = min(row.started_at, found.started_at)
    session.execute(update(CorrelationGroup).where(CorrelationGroup.id == row.id).values(**values))
    _write(session, row.id, found)
    return False


def _open_group(session: Session, project_id: int, found: Cascade) -> CorrelationGroup | None:
    """The oldest that shares an issue, else one that began not long before."""
    ids = [member.burst.issue_id for member in found.members]
    shares = (
        select(CorrelationMember.issue_id)
        .where(
            CorrelationMember.group_id == CorrelationGroup.id,
            CorrelationMember.issue_id.in_(ids),
        )
        .exists()
    )
    near = (
        func.abs(func.extract("epoch", CorrelationGroup.started_at - found.started_at))
        <= JOIN.total_seconds()
    )
    statement = (
        select(CorrelationGroup)
        .where(
            CorrelationGroup.project_id == project_id,
            CorrelationGroup.state == State.OPEN,
            shares | near,
        )
        .order_by(shares.desc(), CorrelationGroup.id)
        .limit(1)
        .with_for_update()
    )
    return session.scalar(statement)


def _joined(session: Session, row: CorrelationGroup, found: Cascade, window: Window) -> Cascade:
    """The group as it stands with the new bursts: everything is judged anew."""
    kept = {burst.issue_id: burst for burst in _members(session, row.id)}
    for member in found.members:
        burst = member.burst
        earlier = kept.get(burst.issue_id)
        kept[burst.issue_id] = (
            replace(burst, onset=min(burst.onset, earlier.onset), past=earlier.past)
            if earlier
            else burst
        )
    counts = _events(session, list(kept), min(row.started_at, found.started_at), window)
    traced = bursts.traces(session, row.project_id, list(kept), since=row.started_at)
    return cascade.judged(
        [
            replace(
                burst,
                events=counts.get(issue_id, burst.events),
                traces=burst.traces | traced.get(issue_id, frozenset()),
            )
            for issue_id, burst in kept.items()
        ]
    )


def _events(
    session: Session, issue_ids: Sequence[int], since: datetime, window: Window
) -> Mapping[int, int]:
    minute = since.replace(second=0, microsecond=0)
    values = {"issues": list(issue_ids), "since": minute, "until": window.until}
    return {row.issue_id: int(row.events) for row in session.execute(_EVENTS, values)}


def _members(session: Session, group_id: int) -> list[Burst]:
    statement = (
        select(CorrelationMember, Issue)
        .join(Issue, Issue.id == CorrelationMember.issue_id)
        .where(CorrelationMember.group_id == group_id)
        .order_by(CorrelationMember.issue_id)
    )
    return [
        Burst(
            issue_id=issue.id,
            onset=member.onset,
            events=member.events,
            past=(round(member.usual),),
            category=issue.category,
            family=issue.family,
            component=issue.component,
        )
        for member, issue in session.execute(statement)
    ]


def _write(session: Session, group_id: int, found: Cascade) -> None:
    rows = [
        {
            "group_id": group_id,
            "issue_id": member.burst.issue_id,
            "place": place,
            "onset": member.burst.onset,
            "events": member.burst.events,
            "usual": member.burst.usual,
            "shared_traces": member.shared_traces,
            "suspicion": member.suspicion,
            "reasons": list(member.reasons),
        }
        for place, member in enumerate(found.members, start=1)
    ]
    statement = insert(CorrelationMember).values(rows)
    written: dict[str, Any] = {
        column.name: column
        for column in statement.excluded
        if column.name not in {"group_id", "issue_id"}
    }
    keys = ["group_id", "issue_id"]
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=written))
    kept = [row["issue_id"] for row in rows]
    session.execute(
        delete(CorrelationMember).where(
            CorrelationMember.group_id == group_id, CorrelationMember.issue_id.not_in(kept)
        )
    )
    session.expire_all()


def _close(session: Session, until: datetime, now: datetime) -> int:
    statement = (
        update(CorrelationGroup)
        .where(CorrelationGroup.state == State.OPEN, CorrelationGroup.last_at < until - QUIET)
        .values(state=State.CLOSED, closed_at=now)
        .returning(CorrelationGroup.id)
    )
    return len(session.execute(statement).all())
