"""Incidents, groups of alerts and their traces as rows: read and written many at a time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.model import (
    Alert,
    AlertDecision,
    AlertFlush,
    AlertGroup,
    AlertGroupMember,
    AlertTransition,
    Incident,
    IncidentAlert,
)
from core.store.paging import Cursor, Keyset, Page

# Whoever decides what is told holds it: one at a time, on all hosts.
LOCK: Final = 0x4D45414C
INCIDENTS: Final = Keyset(Incident.id, Incident.id)
MEMBERS: Final = Keyset(IncidentAlert.alert_id, IncidentAlert.alert_id)

_LOCKED: Final = text("SELECT pg_advisory_xact_lock(:key)")
_CLAIM: Final = text("""
    UPDATE alert_transitions SET processed_at = :now WHERE id = ANY (ARRAY(
        SELECT id FROM alert_transitions WHERE processed_at IS NULL ORDER BY id LIMIT :limit))
    RETURNING id, alert_id, old, new""")
_PULL: Final = text("""
    UPDATE alert_groups SET next_flush_at = least(next_flush_at, greatest(
        CAST(:now AS timestamptz) + pace.wait * interval '1 second',
        least(last_flush_at, :now) + pace.between * interval '1 second'))
    FROM unnest(CAST(:ids AS bigint[]), CAST(:waits AS float8[]), CAST(:between AS float8[]))
        AS pace (id, wait, between)
    WHERE alert_groups.id = pace.id AND closed_at IS NULL AND last_flush_at IS NOT NULL""")
_MOVE: Final = text("""
    UPDATE alert_group_members AS member
    SET told = given.told, verdict = given.verdict, changed = given.changed
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS given (alert_id bigint, told jsonb, verdict text, changed boolean)
    WHERE member.group_id = :group AND member.alert_id = given.alert_id""")
_CLOSE: Final = text("""
    UPDATE incidents SET state = 'closed', closed_at = :now
    WHERE state = 'open' AND last_at < :quiet AND NOT EXISTS (
        SELECT FROM incident_alerts AS member JOIN alerts ON alerts.id = member.alert_id
        WHERE member.incident_id = incidents.id AND alerts.resolved_at IS NULL
          AND alerts.state <> 'inactive')
    RETURNING id""")
_STIR: Final = text("""
    UPDATE alert_groups SET next_flush_at = :now
    WHERE closed_at IS NULL AND digest_of IS NULL AND EXISTS (
        SELECT FROM alert_group_members AS member
        WHERE member.group_id = alert_groups.id AND member.verdict LIKE '%silenced:%')""")


class IncidentNotFoundError(NotFoundError):
    """There is no such incident."""

    code = "ML-REF-0073"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A change of state that nobody has looked at yet."""

    alert_id: int
    old: str | None
    new: str


def lock(session: Session) -> None:
    session.execute(_LOCKED, {"key": LOCK})


def claim(session: Session, now: datetime, *, limit: int) -> list[Claimed]:
    """The oldest, in order; they count as looked at when the transaction commits."""
    rows = session.execute(_CLAIM, {"now": now, "limit": limit}).all()
    return [Claimed(row.alert_id, row.old, row.new) for row in sorted(rows)]


def waiting(session: Session) -> int:
    """Changes of state that nobody has looked at."""
    statement = select(func.count()).where(AlertTransition.processed_at.is_(None))
    return session.scalar(statement) or 0


def alerts(session: Session, ids: Collection[int]) -> dict[int, Alert]:
    rows = session.scalars(select(Alert).where(Alert.id.in_(ids)))
    return {alert.id: alert for alert in rows}


def active(session: Session) -> Sequence[Alert]:
    """All that fire: what may hold others back."""
    states = ("firing", "acknowledged")
    statement = select(Alert).where(Alert.resolved_at.is_(None), Alert.state.in_(states))
    return session.scalars(statement).all()


def open_incidents(session: Session, since: datetime) -> Sequence[Incident]:
    statement = select(Incident).where(Incident.state == "open", Incident.last_at > since)
    return session.scalars(statement).all()


def incidents_of(session: Session, alert_ids: Collection[int]) -> dict[int, int]:
    """The incident that an alert is in, if that is still open."""
    statement = (
        select(IncidentAlert.alert_id, IncidentAlert.incident_id)
        .join(Incident, Incident.id == IncidentAlert.incident_id)
        .where(IncidentAlert.alert_id.in_(alert_ids), Incident.state == "open")
        .order_by(IncidentAlert.incident_id)
    )
    return {alert: incident for alert, incident in session.execute(statement)}  # noqa: C416


def begin(session: Session, values: Sequence[Mapping[str, Any]]) -> list[int]:
    """The ids of new incidents, in the order given."""
    if not values:
        return []
    made = insert(Incident).returning(Incident.id, sort_by_parameter_order=True)
    return list(session.scalars(made, [dict(each) for each in values]))


def add_alerts(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        session.execute(upsert(IncidentAlert).on_conflict_do_nothing(), [dict(r) for r in rows])


def close_quiet(session: Session, now: datetime, *, quiet: datetime) -> int:
    """Closes incidents that nothing fires in and nothing joined since `quiet`."""
    return len(session.execute(_CLOSE, {"now": now, "quiet": quiet}).all())


def open_groups(session: Session, keys: Collection[str]) -> dict[str, AlertGroup]:
    statement = select(AlertGroup).where(
        AlertGroup.group_key.in_(keys), AlertGroup.closed_at.is_(None)
    )
    return {group.group_key: group for group in session.scalars(statement)}


def groups_of(session: Session, alert_ids: Collection[int]) -> Sequence[AlertGroup]:
    """Open groups in which one of them is."""
    mine = select(AlertGroupMember.group_id).where(AlertGroupMember.alert_id.in_(alert_ids))
    statement = select(AlertGroup).where(AlertGroup.id.in_(mine), AlertGroup.closed_at.is_(None))
    return session.scalars(statement).all()


def join(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Members; for those that are in already only `changed` is noted."""
    if not rows:
        return
    statement = upsert(AlertGroupMember)
    changed = AlertGroupMember.changed | statement.excluded.changed
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["group_id", "alert_id"], set_={"changed": changed}
        ),
        [dict(row) for row in rows],
    )


def pull(session: Session, paces: Mapping[int, tuple[float, float]], now: datetime) -> None:
    """Lets groups be looked at again: after their wait, as more may come, and their interval after
    the last time at the earliest. Both are in seconds.
    """
    if paces:
        waits, between = zip(*paces.values(), strict=True)
        values = {"ids": list(paces), "waits": list(waits), "between": list(between), "now": now}
        session.execute(_PULL, values)


def stir(session: Session, now: datetime) -> None:
    """A silence has changed: groups with something silenced are looked at again at once."""
    session.execute(_STIR, {"now": now})


def due(session: Session, now: datetime, *, limit: int) -> Sequence[AlertGroup]:
    statement = (
        select(AlertGroup)
        .where(AlertGroup.closed_at.is_(None), AlertGroup.next_flush_at <= now)
        .order_by(AlertGroup.next_flush_at, AlertGroup.id)
        .limit(limit)
        .with_for_update()
    )
    return session.scalars(statement).all()


def next_due(session: Session) -> datetime | None:
    return session.scalar(
        select(func.min(AlertGroup.next_flush_at)).where(AlertGroup.closed_at.is_(None))
    )


def members(
    session: Session, group_ids: Collection[int]
) -> dict[int, list[tuple[AlertGroupMember, Alert]]]:
    statement = (
        select(AlertGroupMember, Alert)
        .join(Alert, Alert.id == AlertGroupMember.alert_id)
        .where(AlertGroupMember.group_id.in_(group_ids))
        .order_by(Alert.id)
    )
    found: dict[int, list[tuple[AlertGroupMember, Alert]]] = {}
    for member, alert in session.execute(statement):
        found.setdefault(member.group_id, []).append((member, alert))
    return found


def number(session: Session, group: AlertGroup, *, alerts: int, now: datetime) -> int | None:
    """The number of this flush; none where somebody else has it: what he decided counts."""
    seq = group.flush_seq + 1
    row = {"group_id": group.id, "flush_seq": seq, "at": now, "alerts": alerts}
    statement = upsert(AlertFlush).values(**row, notifications=0).on_conflict_do_nothing()
    return session.scalar(statement.returning(AlertFlush.flush_seq))


def settle(session: Session, group_id: int, seq: int, values: Mapping[str, Any]) -> None:
    """How the group stands after the flush of this number."""
    one_before = (AlertGroup.id == group_id, AlertGroup.flush_seq == seq - 1)
    session.execute(update(AlertGroup).where(*one_before).values(flush_seq=seq, **values))


def counted(session: Session, group_id: int, seq: int, notifications: int) -> None:
    this: tuple[ColumnElement[bool], ...] = (
        AlertFlush.group_id == group_id,
        AlertFlush.flush_seq == seq,
    )
    session.execute(update(AlertFlush).where(*this).values(notifications=notifications))


def move(session: Session, group_id: int, rows: str) -> None:
    """`rows` is JSON: what members know and what was decided about them."""
    session.execute(_MOVE, {"group": group_id, "rows": rows})


def leave(session: Session, group_id: int, alert_ids: Collection[int]) -> None:
    session.execute(
        delete(AlertGroupMember).where(
            AlertGroupMember.group_id == group_id, AlertGroupMember.alert_id.in_(alert_ids)
        )
    )


def write_down(session: Session, rows: Iterable[Mapping[str, Any]]) -> None:
    every = [dict(row) for row in rows]
    if every:
        session.execute(insert(AlertDecision), every)


def incident_page(
    session: Session,
    *,
    project_id: int | None = None,
    state: str | None = None,
    cursor: Cursor | None = None,
    limit: int = 100,
) -> Page:
    """Newest first: the incident, how many alerts it has, and how many of them are not over."""
    count = func.count().label("alerts")
    live = func.count().filter(Alert.resolved_at.is_(None)).label("live")
    statement = select(Incident, _of_incident(count), _of_incident(live))
    if project_id is not None:
        statement = statement.where(Incident.project_id == project_id)
    if state is not None:
        statement = statement.where(Incident.state == state)
    return INCIDENTS.page(session, statement, cursor=cursor, limit=limit)


def _of_incident(counted: ColumnElement[int]) -> Any:
    return (
        select(counted)
        .select_from(IncidentAlert)
        .join(Alert, Alert.id == IncidentAlert.alert_id)
        .where(IncidentAlert.incident_id == Incident.id)
        .scalar_subquery()
    )


def incident(session: Session, incident_id: int, *, only: int | None = None) -> Incident:
    """`only`: of this project."""
    found = session.get(Incident, incident_id)
    if found is None or only not in {None, found.project_id}:
        raise IncidentNotFoundError(f"There is no incident {incident_id}.", id=incident_id)
    return found


def counts(session: Session, incident_id: int) -> tuple[int, int]:
    """How many alerts it has, and how many of them are not over."""
    statement = (
        select(func.count(), func.count().filter(Alert.resolved_at.is_(None)))
        .select_from(IncidentAlert)
        .join(Alert, Alert.id == IncidentAlert.alert_id)
        .where(IncidentAlert.incident_id == incident_id)
    )
    every, live = session.execute(statement).one()
    return every, live


def alerts_of(
    session: Session, incident_id: int, *, cursor: Cursor | None = None, limit: int = 100
) -> Page:
    """Newest first: the alert, why it is in the incident, and since when."""
    statement = (
        select(Alert, IncidentAlert.reason, IncidentAlert.joined_at)
        .join(IncidentAlert, IncidentAlert.alert_id == Alert.id)
        .where(IncidentAlert.incident_id == incident_id)
    )
    return MEMBERS.page(session, statement, cursor=cursor, limit=limit)
