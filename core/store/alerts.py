"""Alerts as rows: many are written at once by compare-and-set, each with its change of state."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Row, func, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.model import Alert, AlertNote, AlertTransition
from core.model.alerts import ALERTS
from core.store.paging import Cursor, Keyset, Page

ORDER: Final = Keyset(Alert.id, Alert.id)
# An alert, or the plain row of one.
AnyAlert = Alert | Row[*tuple[Any, ...]]
# Rows are written by statements that no object in a session follows.
_AS_IT_IS: Final = {"populate_existing": True}
Version = tuple[str, str]
RULE: Final = "rule"
PUSH: Final = "push"

# Every column that a change may set; what a row has of them is written as a whole.
_COLUMNS: Final = (
    ("labels", "jsonb"),
    ("annotations", "jsonb"),
    ("severity", "text"),
    ("state", "text"),
    ("flapping", "boolean"),
    ("value", "float8"),
    ("reason", "text"),
    ("started_at", "timestamptz"),
    ("state_at", "timestamptz"),
    ("fired_at", "timestamptz"),
    ("acknowledged_at", "timestamptz"),
    ("acknowledged_by", "text"),
    ("clear_since", "timestamptz"),
    ("resolved_at", "timestamptz"),
    ("ends_at", "timestamptz"),
    ("dismissed", "boolean"),
    ("escalation", "int"),
    ("generator_url", "text"),
)
_IDENTITY: Final = (
    ("rule_id", "bigint"),
    ("source", "text"),
    ("fingerprint", "text"),
    ("episode", "int"),
    ("project_id", "bigint"),
    ("issue_id", "bigint"),
    ("component", "text"),
    ("release", "text"),
)
# What is long, and seldom changes with a state, is kept where nothing is given for it.
_KEPT: Final = frozenset({"annotations", "generator_url"})
_PLAIN: Final = [
    ALERTS.c[name]
    for name in ("id", *(name for name, _ in (*_COLUMNS, *_IDENTITY)))
    if name not in _KEPT
]
_SHAPE: Final = ", ".join(f"{name} {kind}" for name, kind in (*_COLUMNS, *_IDENTITY))
_NAMES: Final = ", ".join(name for name, _ in (*_COLUMNS, *_IDENTITY))
_SET: Final = ", ".join(
    f"{name} = coalesce(given.{name}, alerts.{name})" if name in _KEPT else f"{name} = given.{name}"
    for name, _ in _COLUMNS
)
_GIVEN: Final = f"""
    WITH given AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row
            (id bigint, old text, seen timestamptz, told boolean, actor text, at timestamptz,
             {_SHAPE})
    )"""  # noqa: S608  nothing but the names above
_TOLD: Final = """
    told AS (
        INSERT INTO alert_transitions
            (alert_id, old, new, reason, actor, severity, value, at)
        SELECT id, old, state, reason, actor, severity, value, at FROM changed WHERE told
        ORDER BY id
    )
    SELECT id, fingerprint FROM changed"""
_CHANGE: Final = text(f"""{_GIVEN}, changed AS (
        UPDATE alerts SET {_SET} FROM given
        WHERE alerts.id = given.id AND alerts.state = given.old AND alerts.state_at = given.seen
        RETURNING alerts.id, alerts.fingerprint, given.old, given.state, given.reason,
            given.actor, given.severity, given.value, given.at, given.told
    ), {_TOLD}""")  # noqa: S608  nothing but the names above
_CREATE: Final = text(f"""{_GIVEN}, made AS (
        INSERT INTO alerts ({_NAMES}) SELECT {_NAMES} FROM given ORDER BY fingerprint
        ON CONFLICT (source, fingerprint) WHERE resolved_at IS NULL DO NOTHING
        RETURNING id, source, fingerprint
    ), changed AS (
        SELECT made.id, made.fingerprint, given.old, given.state, given.reason, given.actor,
            given.severity, given.value, given.at, given.told
        FROM made JOIN given USING (source, fingerprint)
    ), {_TOLD}""")  # noqa: S608  nothing but the names above
# `xmin` and `ctid`: which transaction wrote the row, and where it is.
_VERSIONS: Final = text("""
    SELECT id, xmin, ctid FROM alerts
    WHERE source = :source AND (resolved_at IS NULL AND state <> 'inactive' OR dismissed)""")
_FIRES: Final = text("""
    SELECT alert_id, count(*) FROM alert_transitions
    WHERE alert_id = ANY(:alerts) AND new = 'firing' AND old IS DISTINCT FROM 'firing'
      AND old IS DISTINCT FROM 'acknowledged' AND at > :since
    GROUP BY alert_id""")


class AlertNotFoundError(NotFoundError):
    """There is no such alert."""

    code = "ML-REF-0070"


@dataclass(frozen=True, slots=True)
class Write:
    """One row as it is to be. `told`: whether it is a change of state that others hear of.

    Without `id` it is a new alert; else it is written only while the row is in the state `old`,
    and has been since `seen`.
    """

    values: Mapping[str, Any]
    at: datetime
    actor: str
    id: int | None = None
    old: str | None = None
    seen: datetime | None = None
    told: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which alerts a list shows; nothing given means all of them."""

    projects: Collection[int] = ()
    states: Collection[str] = ()
    severities: Collection[str] = ()
    rules: Collection[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    assignee: str | None = None


def write(session: Session, writes: Iterable[Write]) -> dict[int, str]:
    """Fingerprints of what was written, by id; what others changed meanwhile is left out."""
    done: dict[int, str] = {}
    every = list(writes)
    for statement, rows in (
        (_CHANGE, [each for each in every if each.id is not None]),
        (_CREATE, [each for each in every if each.id is None]),
    ):
        if rows:
            told = orjson.dumps([_row(each) for each in rows], default=str).decode()
            done |= {row.id: row.fingerprint for row in session.execute(statement, {"rows": told})}
    return done


def _row(each: Write) -> dict[str, Any]:
    own = {"id": each.id, "old": each.old, "seen": each.seen, "told": each.told}
    usual: dict[str, Any] = {"source": RULE, "episode": 1, "flapping": False}
    usual |= {"dismissed": False, "escalation": 0} | (
        {"annotations": {}} if each.id is None else {}
    )
    return usual | dict(each.values) | own | {"actor": each.actor, "at": each.at}


def columns(alert: AnyAlert) -> dict[str, Any]:
    """What a change of this alert begins with."""
    return {name: getattr(alert, name) for name, _ in (*_COLUMNS, *_IDENTITY) if name not in _KEPT}


def versions(session: Session, source: str = RULE) -> dict[int, Version]:
    """Of what lives the version of each row, which is another whenever it was written."""
    found = session.execute(_VERSIONS, {"source": source}).all()
    return {number: (wrote, place) for number, wrote, place in found}


def plain(session: Session, ids: Collection[int]) -> Sequence[AnyAlert]:
    if not ids:
        return []
    statement = select(*_PLAIN).where(Alert.id == func.any(list(ids)))
    return session.execute(statement.order_by(Alert.id)).all()


def living(session: Session, source: str = RULE) -> Sequence[AnyAlert]:
    """Pending, firing or acknowledged, and those that a person sent away; as plain rows."""
    return plain(session, versions(session, source))


def latest(session: Session, fingerprints: Collection[str], source: str = RULE) -> Sequence[Alert]:
    """The newest episode of each."""
    if not fingerprints:
        return []
    statement = (
        select(Alert)
        .where(Alert.source == source, Alert.fingerprint.in_(fingerprints))
        .ext(distinct_on(Alert.fingerprint))
        .order_by(Alert.fingerprint, Alert.id.desc())
        .execution_options(**_AS_IT_IS)
    )
    return session.scalars(statement).all()


def fires(session: Session, alerts: Collection[int], *, since: datetime) -> Mapping[int, int]:
    """How often each began to fire in this time."""
    if not alerts:
        return {}
    rows = session.execute(_FIRES, {"alerts": list(alerts), "since": since})
    return {row[0]: row[1] for row in rows}


def get(session: Session, alert_id: int, *, project_id: int | None = None) -> Alert:
    found = session.get(Alert, alert_id, populate_existing=True)
    if found is None or (project_id is not None and found.project_id != project_id):
        raise AlertNotFoundError(f"There is no alert {alert_id}.", alert_id=alert_id)
    return found


def assign(session: Session, alert_id: int, assignee: str | None) -> None:
    session.execute(update(Alert).where(Alert.id == alert_id).values(assignee=assignee))


def transitions(session: Session, alert_id: int) -> Sequence[AlertTransition]:
    """Oldest first."""
    statement = select(AlertTransition).where(AlertTransition.alert_id == alert_id)
    return session.scalars(statement.order_by(AlertTransition.id)).all()


def notes(session: Session, alert_id: int) -> Sequence[AlertNote]:
    """Oldest first."""
    statement = select(AlertNote).where(AlertNote.alert_id == alert_id).order_by(AlertNote.id)
    return session.scalars(statement).all()


def note(session: Session, alert_id: int, *, author: str, words: str, now: datetime) -> None:
    values = {"alert_id": alert_id, "author": author, "text": words, "at": now}
    session.execute(insert(AlertNote).values(**values))


def episodes(session: Session, alert: Alert) -> Sequence[Alert]:
    """Of the same series, newest first."""
    same = (Alert.source == alert.source) & (Alert.fingerprint == alert.fingerprint)
    return session.scalars(select(Alert).where(same).order_by(Alert.id.desc()).limit(50)).all()


def counts(session: Session) -> Mapping[tuple[str, str], int]:
    """By state and severity, of what lives."""
    statement = (
        select(Alert.state, Alert.severity, func.count())
        .where(Alert.resolved_at.is_(None), Alert.state != "inactive")
        .group_by(Alert.state, Alert.severity)
    )
    return {(state, severity): count for state, severity, count in session.execute(statement)}


def page(
    session: Session, wanted: Wanted, *, cursor: Cursor | None = None, limit: int = 100
) -> Page:
    """Newest first; each row begins with the `Alert`."""
    statement = select(Alert).where(*_filters(wanted))
    return ORDER.page(session, statement, cursor=cursor, limit=limit)


def _filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, values in (
        (Alert.project_id, wanted.projects),
        (Alert.state, wanted.states),
        (Alert.severity, wanted.severities),
        (Alert.labels["alertname"].astext, wanted.rules),
    ):
        if values:
            found.append(column.in_(values))
    if wanted.labels:
        found.append(Alert.labels.contains(dict(wanted.labels)))
    if wanted.assignee is not None:
        found.append(Alert.assignee == wanted.assignee)
    return found


def claim_transitions(session: Session, *, limit: int) -> Sequence[AlertTransition]:
    """The oldest that nobody has looked at, locked until the transaction ends."""
    statement = (
        select(AlertTransition)
        .where(AlertTransition.processed_at.is_(None))
        .order_by(AlertTransition.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(statement).all()


def finish_transitions(session: Session, ids: Collection[int], *, now: datetime) -> None:
    chosen = AlertTransition.id.in_(ids) & AlertTransition.processed_at.is_(None)
    session.execute(update(AlertTransition).where(chosen).values(processed_at=now))
