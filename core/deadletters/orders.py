"""The work that a letter becomes when it is sent again."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.deadletters.content import Content
from core.deadletters.edits import Sendable
from core.deadletters.signatures import WAKE_UP, check, signature
from core.errors import UnprocessableError
from core.model.deadletters import DeadLetter
from core.model.work import ITEMS, WorkItem
from core.store import work
from core.store.work import WorkOrder

REPLAY_TASK: Final = "deadletter.replay"
QUEUE: Final = "deadletter"
# What the ledger does with a row stays as it was decided first.
KEPT: Final = ("priority", "max_attempts", "lease_seconds", "concurrency_key", "concurrency_limit")


@dataclass(frozen=True, slots=True)
class Means:
    """What replays need from outside.

    `add` writes work in the transaction, `cancel` takes back work that has not started, `brokers`
    are the names of those that are declared, and `queues` of those that our workers serve.
    """

    add: Callable[[Session, WorkOrder], int]
    cancel: Callable[[Session, int], bool]
    brokers: Collection[str] = ()
    queues: Collection[str] = ()


def ordered(session: Session, found: Sendable, *, means: Means, due: datetime | None) -> int:
    """The id of the work; without `due` it is due at once.

    A message that only named a row sends that row again.
    """
    if (work_id := _names_a_row(found)) is not None:
        return _sent_again(session, found.letter, work_id, due)
    return means.add(session, replace(_order(session, found, means), due_at=due))


def refusal(session: Session, found: Sendable, means: Means) -> str | None:
    """Why a replay would be refused, for those who only ask."""
    try:
        if (work_id := _names_a_row(found)) is not None:
            _row(session, found.letter, work_id)
        else:
            _order(session, found, means)
    except UnprocessableError as error:
        return str(error)
    return None


def _names_a_row(found: Sendable) -> int | None:
    if found.letter.reason == "reported" or found.content is None:
        return None
    return found.content.work_id


def _order(session: Session, found: Sendable, means: Means) -> WorkOrder:
    letter, told = found.letter, found.content
    if letter.task is None or told is None:
        raise UnprocessableError("The task or its arguments are not known; give the arguments.")
    if found.queue is None:
        raise UnprocessableError("The queue is not known; give one.")
    if letter.reason == "reported":
        return _foreign(found, told, means.brokers)
    if found.queue not in means.queues:
        known = ", ".join(sorted(means.queues))
        raise UnprocessableError(f"There is no queue {found.queue!r}; there are {known}.")
    if told.args:
        raise UnprocessableError("Our own tasks take keyword arguments only.")
    ours = signature(session, letter.task)
    if ours is not None:
        if ours.delivery == WAKE_UP:
            raise UnprocessableError(f"{letter.task} carries nothing; it comes again by itself.")
        check(ours, told.args, told.kwargs)
    return WorkOrder(
        letter.task,
        dict(told.kwargs),
        found.queue,
        target=letter.target,
        replay_of=letter.id,
        origin=letter.message_id,
        **_options(session, letter),
    )


def _foreign(found: Sendable, told: Content, brokers: Collection[str]) -> WorkOrder:
    letter = found.letter
    if letter.broker is not None and letter.broker not in brokers:
        raise UnprocessableError(
            f"The broker {letter.broker} is not declared; MENDLINE_BROKERS names those that a "
            "replay may go to."
        )
    return WorkOrder(
        REPLAY_TASK,
        {"letter_id": letter.id, **told.written(), "queue": found.queue},
        QUEUE,
        target=f"broker:{letter.broker}" if letter.broker else None,
        replay_of=letter.id,
    )


def _options(session: Session, letter: DeadLetter) -> dict[str, Any]:
    if letter.work_id is None:
        return {}
    statement = select(*(ITEMS.c[name] for name in KEPT)).where(WorkItem.id == letter.work_id)
    row = session.execute(statement).mappings().one_or_none()
    return {name: value for name, value in (row or {}).items() if value is not None}


def _sent_again(session: Session, letter: DeadLetter, work_id: int, due: datetime | None) -> int:
    """A row that has gone on meanwhile, by the reconciler's care, is not disturbed."""
    _row(session, letter, work_id)
    waits = update(ITEMS).where(WorkItem.id == work_id, WorkItem.state == "published")
    later = {"due_at": due} if due is not None else {}
    session.execute(waits.values(state="waiting", **later))
    work.wake_dispatcher(session)
    return work_id


def _row(session: Session, letter: DeadLetter, work_id: int) -> None:
    row = work.one(session, work_id)
    if row is None or row["task"] != letter.task:
        raise UnprocessableError("The message names work that is not there.")
