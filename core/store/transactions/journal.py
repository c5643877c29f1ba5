"""The log of transactions that have a name: who looks for one finds how it ended, and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.errors import MendlineError, NotFoundError, report
from core.model.transactions import Transaction
from core.store.paging import MOMENT, Cursor, Keyset, Page

NEWEST_FIRST: Final = Keyset(Transaction.began_at, Transaction.id, MOMENT)
LONGEST_ERROR: Final = 500


class Kind(StrEnum):
    LOCAL = "local"
    TWO_PHASE = "two_phase"


class State(StrEnum):
    """A local one is only ever logged when it has ended; one of two phases as it goes.

    preparing ──decide──▶ committing ──▶ committed
        └────────────────▶ aborting ───▶ rolled_back
    """

    PREPARING = "preparing"
    COMMITTING = "committing"
    ABORTING = "aborting"
    COMMITTED = "committed"
    ROLLED_BACK = "rolled_back"


class UnknownTransactionError(NotFoundError):
    """There is no such transaction in the log."""

    code = "ML-REF-0060"


@dataclass(frozen=True, slots=True)
class Entry:
    """`seconds` over all attempts."""

    name: str
    state: State
    attempts: int
    seconds: float
    began_at: datetime
    ended_at: datetime
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    name: str | None = None
    kind: Kind | None = None
    state: State | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        asked = {Transaction.name: self.name, Transaction.kind: self.kind}
        asked[Transaction.state] = self.state
        return [column == value for column, value in asked.items() if value is not None]


def enter(session: Session, entry: Entry) -> None:
    """In the transaction itself where it commits, in another one where it was rolled back."""
    session.add(
        Transaction(
            name=entry.name,
            kind=Kind.LOCAL,
            state=entry.state,
            attempts=entry.attempts,
            seconds=entry.seconds,
            began_at=entry.began_at,
            ended_at=entry.ended_at,
            **told(entry.error),
        )
    )


def told(error: BaseException | None) -> dict[str, Any]:
    """What of an error may be kept: values of rows and parameters of statements may be secret."""
    if error is None:
        return {"error_code": None, "error": None}
    return {"error_code": report(error).code, "error": _words(error)[:LONGEST_ERROR]}


def _words(error: BaseException) -> str:
    if isinstance(error, MendlineError):
        return str(error)
    if isinstance(error, DBAPIError):
        diagnosis = getattr(error.orig, "diag", None)
        return getattr(diagnosis, "message_primary", None) or type(error.orig).__name__
    return type(error).__name__


def page(session: Session, wanted: Wanted, *, cursor: Cursor | None = None, limit: int) -> Page:
    statement = select(Transaction).where(*wanted.conditions())
    return NEWEST_FIRST.page(session, statement, cursor=cursor, limit=limit)


def get(session: Session, transaction_id: int) -> Transaction:
    found = session.get(Transaction, transaction_id)
    if found is None:
        raise UnknownTransactionError(f"There is no transaction {transaction_id} in the log.")
    return found
