"""How a dead letter is closed: sent again as a new piece of work, or put away with a reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from core.deadletters.letters import get
from core.errors import ConflictError, UnprocessableError
from core.model.deadletters import DeadLetter
from core.store.work import WorkOrder

REPLAY_TASK: Final = "deadletter.replay"
REPLAY_QUEUE: Final = "deadletter"

_CLOSE: Final = (
    update(DeadLetter)
    .where(DeadLetter.id == bindparam("letter_id"), DeadLetter.state == "open")
    .values(
        state=bindparam("new"),
        closed_at=bindparam("now"),
        closed_by=bindparam("by"),
        close_reason=bindparam("why"),
        replayed_as=bindparam("work"),
    )
    .returning(DeadLetter.id)
    .execution_options(synchronize_session=False)
)


class LetterClosedError(ConflictError):
    """This dead letter has been replayed or discarded already."""

    code = "ML-DEAD-0002"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What a replay sends instead of what the letter holds; none leaves it as it is."""

    args: Sequence[Any] | None = None
    kwargs: Mapping[str, Any] | None = None
    queue: str | None = None


AddWork = Callable[[Session, WorkOrder], int]
AS_IT_IS: Final = Edit()


def replay(
    session: Session,
    letter_id: int,
    *,
    by: str,
    now: datetime,
    add: AddWork,
    edit: Edit = AS_IT_IS,
) -> int:
    """Closes the letter and adds the work in one transaction; the id of the work.

    `add` is the ledger's. A letter of another application is sent to its own broker.
    """
    letter = get(session, letter_id)
    work_id = add(session, _order(letter, edit))
    _close(session, letter_id, new="replayed", by=by, now=now, work=work_id)
    return work_id


def discard(session: Session, letter_id: int, *, by: str, now: datetime, reason: str) -> None:
    get(session, letter_id)
    _close(session, letter_id, new="discarded", by=by, now=now, why=reason)


def _close(session: Session, letter_id: int, **values: Any) -> None:
    known = {"why": None, "work": None, **values, "letter_id": letter_id}
    if session.execute(_CLOSE, known).first() is None:
        raise LetterClosedError(letter_id=letter_id)


def _order(letter: DeadLetter, edit: Edit) -> WorkOrder:
    if letter.task is None or (letter.arguments is None and edit.kwargs is None):
        raise UnprocessableError("The task or its arguments are not known; give the arguments.")
    held = letter.arguments or {}
    args = list(held.get("args", ()) if edit.args is None else edit.args)
    kwargs = dict(held.get("kwargs", {}) if edit.kwargs is None else edit.kwargs)
    queue = edit.queue or letter.queue
    if letter.reason == "reported":
        sent = {"letter_id": letter.id, "args": args, "kwargs": kwargs, "queue": queue}
        return WorkOrder(REPLAY_TASK, sent, REPLAY_QUEUE, replay_of=letter.id)
    if args:
        raise UnprocessableError("Our own tasks take keyword arguments only.")
    if queue is None:
        raise UnprocessableError("The queue is not known; give one.")
    return WorkOrder(letter.task, kwargs, queue, replay_of=letter.id, origin=letter.message_id)
