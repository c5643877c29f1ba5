"""What another Celery application tells us about a task of its own that failed for good."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.deadletters.brokers import broker_name
from core.deadletters.orders import REPLAY_TASK
from core.errors import Category, ErrorReport, UnprocessableError
from core.model.deadletters import DeadLetter
from core.model.work import WorkItem
from core.store import projects
from core.store.deadletters import Capture, insert_capture
from core.store.storable import text

REASON: Final = "reported"
# Of a task that we have sent: "work-" and the id of the row that its replay was.
OURS: Final = "work-"
LONGEST_ID: Final = 18
MOST_ATTEMPTS: Final = 2**31 - 1
_KNOWN: Final = {str(category) for category in Category}


def foreign(
    reported: Mapping[str, Any], *, message_id: str, declared: Mapping[str, str] | None = None
) -> Capture:
    """`task` is needed; args, kwargs, queue, broker, task_id, error, headers, attempts may come.

    `error` has type, message, traceback and category. `broker` is where a replay goes to: the name
    of a declared broker, or its address. `message_id` is the id of the report itself.
    """
    task = reported.get("task")
    if not isinstance(task, str) or not task:
        raise UnprocessableError("`task` is the name of the task that failed.")
    origin = _text(reported, "task_id") or message_id
    broker = _text(reported, "broker")
    return Capture(
        capture_key=f"foreign-{origin}",
        reason=REASON,
        task=task,
        queue=_text(reported, "queue"),
        broker=None if broker is None else broker_name(broker, declared or {}),
        message_id=origin,
        arguments=_arguments(reported),
        headers=_of(reported, "headers", dict),
        error=_error(_of(reported, "error", dict) or {}),
        history=[{"event": "reported", "by": message_id}],
        attempts=min(max(_of(reported, "attempts", int) or 1, 1), MOST_ATTEMPTS),
    )


def take_in(
    session: Session,
    reported: Mapping[str, Any],
    *,
    message_id: str,
    declared: Mapping[str, str],
    now: datetime,
) -> int:
    """The id of the letter. The same report again is the same letter.

    A task that fails once more under its old id after its letter was closed has a new letter.
    """
    letter = foreign(reported, message_id=message_id, declared=declared)
    known = session.scalar(select(DeadLetter).where(DeadLetter.capture_key == letter.capture_key))
    more: dict[str, Any] = {
        "project_id": _project(session, reported),
        "replay_of": _replayed(session, letter.message_id),
    }
    if known is not None and known.state != "open" and known.history != list(letter.history):
        more["capture_key"] = f"{letter.capture_key}-{message_id}"
    return insert_capture(session, replace(letter, **more), now)


def _project(session: Session, reported: Mapping[str, Any]) -> int | None:
    key = _text(reported, "dsn_key")
    found = projects.by_public_key(session, key) if key else None
    return found.id if found else None


def _replayed(session: Session, task_id: str | None) -> int | None:
    """The letter whose replay this was."""
    number = (task_id or "").removeprefix(OURS)
    if number == task_id or not number.isdecimal() or len(number) > LONGEST_ID:
        return None
    statement = select(WorkItem.replay_of).where(
        WorkItem.id == int(number), WorkItem.task == REPLAY_TASK
    )
    return session.scalar(statement)


def _arguments(reported: Mapping[str, Any]) -> dict[str, Any]:
    args = _of(reported, "args", list) or []
    return {"args": args, "kwargs": _of(reported, "kwargs", dict) or {}}


def _error(told: Mapping[str, Any]) -> ErrorReport | None:
    if not told:
        return None
    category = _text(told, "category")
    return ErrorReport(
        code=_text(told, "code") or "ML-DEAD-0001",
        category=Category(category) if category in _KNOWN else Category.UNKNOWN,
        permanent=True,
        http_status=500,
        type=_text(told, "type") or "Error",
        message=_text(told, "message") or "",
        traceback=_text(told, "traceback"),
    )


def _text(told: Mapping[str, Any], name: str) -> str | None:
    """Without what PostgreSQL does not take; applications tell whatever they were told."""
    value: str | None = _of(told, name, str)
    return None if value is None else text(value)


def _of(told: Mapping[str, Any], name: str, kind: type) -> Any:
    value = told.get(name)
    if value is not None and not isinstance(value, kind):
        raise UnprocessableError(f"`{name}` is not of the type {kind.__name__}.")
    return value
