"""What another Celery application tells us about a task of its own that failed for good."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from core.errors import Category, ErrorReport, UnprocessableError
from core.store.deadletters import Capture

BROKERS: Final = frozenset({"amqp", "amqps", "pyamqp", "redis", "rediss", "sentinel"})
_KNOWN: Final = {str(category) for category in Category}


def foreign(reported: Mapping[str, Any], *, message_id: str) -> Capture:
    """`task` is needed; args, kwargs, queue, broker, task_id, error, headers, attempts may come.

    `error` has type, message, traceback and category. `broker` is where a replay goes to.
    """
    task = reported.get("task")
    if not isinstance(task, str) or not task:
        raise UnprocessableError("`task` is the name of the task that failed.")
    origin = _text(reported, "task_id") or message_id
    return Capture(
        capture_key=f"foreign-{origin}",
        reason="reported",
        task=task,
        queue=_text(reported, "queue"),
        broker=_broker(reported),
        message_id=origin,
        arguments=_arguments(reported),
        headers=_of(reported, "headers", dict),
        error=_error(_of(reported, "error", dict) or {}),
        attempts=_of(reported, "attempts", int) or 1,
    )


def _arguments(reported: Mapping[str, Any]) -> dict[str, Any]:
    args = _of(reported, "args", list) or []
    return {"args": args, "kwargs": _of(reported, "kwargs", dict) or {}}


def _broker(reported: Mapping[str, Any]) -> str | None:
    broker = _text(reported, "broker")
    if broker is not None and urlsplit(broker).scheme not in BROKERS:
        raise UnprocessableError(f"`broker` begins with one of {', '.join(sorted(BROKERS))}.")
    return broker


def _error(told: Mapping[str, Any]) -> ErrorReport | None:
    if not told:
        return None
    category = told.get("category")
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
    value: str | None = _of(told, name, str)
    return value


def _of(told: Mapping[str, Any], name: str, kind: type) -> Any:
    value = told.get(name)
    if value is not None and not isinstance(value, kind):
        raise UnprocessableError(f"`{name}` is not of the type {kind.__name__}.")
    return value
