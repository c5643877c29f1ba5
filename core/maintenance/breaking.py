"""What operators ask of circuit breakers: forced open, forced closed, reset, other settings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from core.access.audit import Act, Actor, record
from core.errors import UnprocessableError
from core.model import Breaker
from core.resilience.breaker import Ledger, SettingsBook, Standing, State, UnknownBreakerError
from core.resilience.breaker.chronicle import Shift
from core.resilience.breaker.errors import BreakerNameError
from core.resilience.breaker.keeper import LONGEST_NAME
from core.resilience.breaker.rows import recorded, write
from core.resilience.breaker.transition import forced
from core.store import breakers


@dataclass(frozen=True, slots=True)
class Wish:
    """`state` closed is a reset. `until` none: for good, until somebody wants something else."""

    name: str
    state: State
    why: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What acts on breakers need besides a session: central settings, and how work is held."""

    book: SettingsBook
    ledger: Ledger


def get(session: Session, name: str) -> Breaker:
    found = breakers.one(session, name)
    if found is None:
        raise UnknownBreakerError(f"There is no breaker {name!r}; it begins with its first use.")
    return found


def visible(session: Session, name: str, *, only: int | None) -> Breaker:
    """For somebody of one project: its own, and everybody's."""
    found = get(session, name)
    if only is not None and found.project_id not in {None, only}:
        raise UnknownBreakerError(f"There is no breaker {name!r}.")
    return found


def force(
    session: Session,
    wish: Wish,
    actor: Actor,
    *,
    desk: Desk,
    now: datetime,
    known: Standing | None = None,
) -> Breaker:
    """A breaker may be forced before its first use. `known` is what the shared state holds."""
    if wish.until is not None and wish.until <= now:
        raise UnprocessableError("The time until which it is to hold is over.")
    row = _locked(session, wish.name, now)
    found = recorded(row)
    old = found.standing
    if known is not None and known.version > old.version:
        old = replace(known, name=wish.name)
    why = wish.why or f"{wish.state.value} by {actor.name}"
    new = forced(old, wish.state, now, why=why, until=wish.until)
    settings = desk.book.of(wish.name, found.own)
    shift = Shift(old, new, target=settings.target or wish.name, author=actor.name)
    write(session, shift, desk.ledger)
    detail = {"breaker": wish.name, "state": wish.state.value, "why": wish.why}
    _record(session, f"breaker.{_WORDS[wish.state]}", row.id, actor, now=now, detail=detail)
    session.refresh(row)
    return row


def adjust(
    session: Session,
    name: str,
    values: Mapping[str, Any],
    actor: Actor,
    *,
    desk: Desk,
    now: datetime,
) -> Breaker:
    """Settings of this breaker alone; none takes a setting back. What is wrong is refused."""
    row = _locked(session, name, now)
    wanted = {**row.settings, **values}
    own = {setting: value for setting, value in wanted.items() if value is not None}
    desk.book.of(name, own)
    breakers.set_settings(session, name, own)
    detail = {"breaker": name, "settings": own}
    _record(session, "breaker.set", row.id, actor, now=now, detail=detail)
    session.refresh(row)
    return row


_WORDS: Mapping[State, str] = {
    State.FORCED_OPEN: "open",
    State.FORCED_CLOSED: "close",
    State.CLOSED: "reset",
}


def _locked(session: Session, name: str, now: datetime) -> Breaker:
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise BreakerNameError
    breakers.ensure(session, name, project_id=None, now=now)
    found = breakers.one(session, name, lock=True)
    assert found is not None
    return found


def _record(
    session: Session,
    name: str,
    breaker_id: int,
    actor: Actor,
    *,
    now: datetime,
    detail: Mapping[str, Any],
) -> None:
    act = Act(name=name, subject="breaker", subject_id=breaker_id, detail=detail)
    record(session, actor, act, now=now)
