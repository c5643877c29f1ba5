"""Breakers in rows: a change of state with its history, hold and signal in one transaction."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from core.errors import DatabaseUnavailableError
from core.model import Breaker
from core.resilience.breaker.chronicle import Recorded, Shift
from core.resilience.breaker.errors import TooManyBreakersError
from core.resilience.breaker.standing import OPENING, SHUT, TAKES_EFFECT, Standing, State
from core.store import breakers, projects, signals
from core.store.breakers import Move
from core.store.engine import Database
from core.store.signals import NewSignal, SignalKind

MOST: Final = 1_000
FOREVER: Final = timedelta(days=3_650)
# While probes are under way what waits for the target comes in small parts.
PROBING: Final = timedelta(seconds=1)


class Hold(Protocol):
    def __call__(
        self, session: Session, target: str, holder: str, *, until: datetime, reason: str
    ) -> None: ...


class Release(Protocol):
    def __call__(self, session: Session, target: str, holder: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Ledger:
    """How work waits for a target. `own_project` gets the signals of everybody's breakers."""

    hold: Hold
    release: Release
    own_project: str


def recorded(row: Breaker) -> Recorded:
    standing = Standing(
        name=row.name,
        state=State(row.state),
        version=row.version,
        since=row.since,
        retry_at=row.retry_at,
        openings=row.openings,
        ramp_until=row.ramp_until,
        reason=row.reason,
    )
    return Recorded(standing, row.settings, row.project_id)


def write(session: Session, shift: Shift, ledger: Ledger) -> bool:
    """In the caller's transaction: all of it, or nothing when somebody was first."""
    old, new = shift.old, shift.new
    author = shift.author
    if old.state in OPENING and new.state is TAKES_EFFECT[old.state]:
        row = breakers.one(session, new.name)
        author = row.author if row else None  # whose decision it was
    written = breakers.move(
        session,
        Move(
            name=new.name,
            old=old.state.value,
            new=new.state.value,
            version=new.version,
            at=new.since,
            retry_at=new.retry_at,
            openings=new.openings,
            ramp_until=new.ramp_until,
            reason=new.reason,
            author=author,
            detail=shift.detail,
        ),
    )
    if not written:
        return False
    holder = f"breaker {new.name}"
    if shift.holds and new.state in SHUT:
        rest = PROBING if new.state is State.HALF_OPEN else FOREVER
        until = new.retry_at or new.since + rest
        reason = f"{holder}: {new.reason}"
        ledger.hold(session, shift.target, holder, until=until, reason=reason)
    elif old.state in SHUT:
        ledger.release(session, shift.target, holder)
    _tell(session, shift, ledger)
    return True


def _tell(session: Session, shift: Shift, ledger: Ledger) -> None:
    """Only what changes whether it is closed; a failed probe is no news, nor is a decision."""
    old, new = shift.old, shift.new
    closed = new.state.shown == "closed"
    if closed is (old.state.shown == "closed"):
        return
    row = breakers.one(session, new.name)
    project_id = row.project_id if row else None
    if project_id is None:
        project_id = projects.ensure(session, ledger.own_project, now=new.since)[0].id
    detail = {
        "breaker": new.name,
        "target": shift.target,
        "state": new.state.value,
        "version": new.version,
        "reason": new.reason,
        "retry_at": new.retry_at.isoformat() if new.retry_at else None,
        "author": shift.author,
    }
    kind = SignalKind.BREAKER_CLOSED if closed else SignalKind.BREAKER_OPENED
    signals.add(session, [NewSignal(project_id, None, kind, new.since, detail)])


class RowChronicle:
    """`Chronicle` in PostgreSQL."""

    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger

    def recall(self, names: Collection[str]) -> Mapping[str, Recorded]:
        with self._transaction() as session:
            return {row.name: recorded(row) for row in breakers.named(session, names)}

    def begin(self, standing: Standing, project_id: int | None) -> Recorded:
        with self._transaction() as session:
            known = breakers.one(session, standing.name)
            if known is None and breakers.count(session) >= MOST:
                raise TooManyBreakersError
            row = known or breakers.ensure(
                session, standing.name, project_id=project_id, now=standing.since
            )
            return recorded(row)

    def record(self, shift: Shift) -> bool:
        with self._transaction() as session:
            return write(session, shift, self._ledger)

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        try:
            with self._database.transaction() as session:
                yield session
        except (OperationalError, InterfaceError, PoolTimeoutError) as error:
            raise DatabaseUnavailableError(str(error)) from error
