"""One execution of a task as its body sees it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from sqlalchemy.orm import Session

from core.work.attempt import Started

if TYPE_CHECKING:
    from tasks.runtime import Runtime

MOST_ROWS: Final = 2**63


class Delivery(StrEnum):
    """What the message of a task is worth.

    A ledgered one names a row, a wake-up carries nothing, a content one is all there is of what
    an outsider sent.
    """

    LEDGERED = "ledgered"
    WAKE_UP = "wake_up"
    CONTENT = "content"


def row_of(args: Sequence[Any], kwargs: Mapping[str, Any]) -> int | None:
    """The row of the ledger that a message names, where it does nothing else."""
    found = kwargs.get("work_id") if len(kwargs) == 1 and not args else None
    return found if type(found) is int and 0 < found < MOST_ROWS else None


class SettledError(Exception):
    """A failure that is in the ledger or the dead letters already; it tells Celery's events only.

    What reaches the worker's main process as anything else failed outside of its task.
    """

    def __repr__(self) -> str:
        return str(self)


class Outcome(StrEnum):
    DONE = "done"
    RETRIED = "retried"
    POSTPONED = "postponed"  # not tried: it was not the time for it
    DEAD = "dead"
    IGNORED = "ignored"
    FAILED = "failed"


class Work:
    """`key` is the idempotency key: the same for every repeat of this work.

    The transaction opens with the first use of `session` and commits when the body has returned,
    together with the end of the work itself.
    """

    __slots__ = ("_scope", "_session", "key", "runtime", "started")

    def __init__(self, runtime: "Runtime", key: str, started: Started | None = None) -> None:
        self.runtime = runtime
        self.key = key
        self.started = started
        self._scope: AbstractContextManager[Session] | None = None
        self._session: Session | None = None

    @property
    def opened(self) -> bool:
        return self._session is not None

    @property
    def session(self) -> Session:
        if self._session is None:
            self._scope = self.runtime.database.transaction()
            self._session = self._scope.__enter__()
        return self._session

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._scope is not None:
            self._scope.__exit__(kind, error, trace)
