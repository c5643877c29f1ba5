"""Rules of alerts as rows: each change is a new version, and the earlier ones stay to be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import ConflictError, NotFoundError
from core.model import AlertRule, AlertRuleVersion
from core.store.paging import Cursor, Keyset, Page

ORDER: Final = Keyset(AlertRule.id, AlertRule.id)
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext('mendline alert rules'))")


class RuleNotFoundError(NotFoundError):
    """There is no such rule of alerts."""

    code = "ML-REF-0071"


class RuleExistsError(ConflictError):
    """Another rule of alerts has this name."""

    code = "ML-REF-0072"


class Source(StrEnum):
    """Who looks after a rule: the later ones win where names are the same."""

    DEFAULT = "default"
    FILE = "file"
    API = "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """`body` is the rule as people wrote it, and has been read without a mistake."""

    name: str
    body: Mapping[str, Any]
    source: str
    author: str
    enabled: bool = True
    project_id: int | None = None


def every(session: Session) -> Sequence[AlertRule]:
    return session.scalars(select(AlertRule).order_by(AlertRule.id)).all()


def edition(session: Session) -> tuple[int, int, datetime | None]:
    """Changes with every change of any rule."""
    statement = select(
        func.count(), func.coalesce(func.sum(AlertRule.version), 0), func.max(AlertRule.updated_at)
    )
    count, versions, newest = session.execute(statement).one()
    return count, versions, newest


def get(session: Session, rule_id: int, *, only: int | None = None) -> AlertRule:
    """`only`: of this project, and of everybody."""
    found = session.get(AlertRule, rule_id, populate_existing=True)
    if found is None or (only is not None and found.project_id not in {None, only}):
        raise RuleNotFoundError(f"There is no rule of alerts {rule_id}.", rule_id=rule_id)
    return found


def named(session: Session, name: str) -> AlertRule | None:
    return session.scalar(select(AlertRule).where(AlertRule.name == name))


def create(session: Session, rule: NewRule, *, now: datetime) -> AlertRule:
    """What is shipped or stands in the file gives way to it; what somebody else made does not."""
    session.execute(_LOCK)
    known = named(session, rule.name)
    if known is not None and known.source == Source.API:
        raise RuleExistsError(f"There is a rule {rule.name!r} already.", name=rule.name)
    return change(session, known, rule, now=now) if known else _add(session, rule, now)


def change(session: Session, known: AlertRule, rule: NewRule, *, now: datetime) -> AlertRule:
    """A new version, unless nothing differs."""
    if rule.name != known.name and named(session, rule.name) is not None:
        raise RuleExistsError(f"There is a rule {rule.name!r} already.", name=rule.name)
    wanted = {
        "name": rule.name,
        "body": dict(rule.body),
        "source": rule.source,
        "enabled": rule.enabled,
        "project_id": rule.project_id,
    }
    if all(getattr(known, name) == value for name, value in wanted.items()):
        return known
    for name, value in wanted.items():
        setattr(known, name, value)
    known.version += 1
    known.author, known.updated_at = rule.author, now
    _note(session, known, now)
    return known


def remove(session: Session, rule_id: int) -> None:
    """With its versions; its alerts stay, and are resolved by the next evaluation."""
    session.execute(delete(AlertRule).where(AlertRule.id == rule_id))


def history(session: Session, rule_id: int) -> Sequence[AlertRuleVersion]:
    """Newest first."""
    statement = select(AlertRuleVersion).where(AlertRuleVersion.rule_id == rule_id)
    return session.scalars(statement.order_by(AlertRuleVersion.version.desc())).all()


def page(
    session: Session,
    *,
    only: int | None = None,
    source: str | None = None,
    cursor: Cursor | None = None,
    limit: int = 100,
) -> Page:
    """Newest first; each row begins with the `AlertRule`."""
    statement = select(AlertRule)
    if only is not None:
        mine = AlertRule.project_id.is_(None) | (AlertRule.project_id == only)
        statement = statement.where(mine)
    if source is not None:
        statement = statement.where(AlertRule.source == source)
    return ORDER.page(session, statement, cursor=cursor, limit=limit)


def sync(session: Session, wanted: Mapping[str, NewRule], *, now: datetime) -> int:
    """Makes what is shipped and what stands in the file as it is wanted; how many differed."""
    session.execute(_LOCK)
    known = {rule.name: rule for rule in every(session)}
    changes = 0
    for name, rule in known.items():
        if rule.source != Source.API and name not in wanted:
            remove(session, rule.id)
            changes += 1
    for name in sorted(wanted):
        old = known.get(name)
        if old is None:
            _add(session, wanted[name], now)
            changes += 1
        elif old.source != Source.API:
            before = old.version
            changes += change(session, old, wanted[name], now=now).version != before
    return changes


def _add(session: Session, rule: NewRule, now: datetime) -> AlertRule:
    values = {
        "name": rule.name,
        "project_id": rule.project_id,
        "source": rule.source,
        "body": dict(rule.body),
        "enabled": rule.enabled,
        "author": rule.author,
        "created_at": now,
        "updated_at": now,
    }
    made = session.scalars(insert(AlertRule).values(**values).returning(AlertRule)).one()
    _note(session, made, now)
    return made


def _note(session: Session, rule: AlertRule, now: datetime) -> None:
    session.flush()
    session.add(
        AlertRuleVersion(
            rule_id=rule.id,
            version=rule.version,
            body=rule.body,
            enabled=rule.enabled,
            author=rule.author,
            created_at=now,
        )
    )
    session.flush()
