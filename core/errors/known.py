"""From any exception to a report.

Errors of libraries are known by the names of their classes and by SQLSTATE or errno, so that this
module imports none of them.
"""

import traceback
from collections.abc import Iterator
from typing import Any, Final

from core.errors.report import ErrorReport
from core.errors.tables import (
    BY_ERRNO,
    BY_NAME,
    BY_SQLSTATE,
    BY_SQLSTATE_CLASS,
    UNEXPECTED,
    Known,
)
from core.errors.tree import MendlineError

MESSAGE_LIMIT: Final = 4_096
TRACEBACK_LIMIT: Final = 32_768


def report(exception: BaseException) -> ErrorReport:
    """Never raises, whatever the exception's own methods do."""
    if isinstance(exception, MendlineError):
        return _own(exception)
    known = next(filter(None, map(_recognised, _chain(exception))), UNEXPECTED)
    return ErrorReport(
        code=known.code,
        category=known.category,
        permanent=known.permanent,
        http_status=known.http_status,
        type=_name(type(exception)),
        message=_message(exception),
        retry_after=_number(getattr(exception, "retry_after", None)),
        traceback=_trace(exception),
    )


def _own(error: MendlineError) -> ErrorReport:
    return ErrorReport(
        code=error.code,
        category=error.category,
        permanent=error.permanent,
        http_status=error.http_status,
        type=_name(type(error)),
        message=_message(error),
        retry_after=error.retry_after,
        context=error.context,
        traceback=_trace(error),
    )


def _recognised(exception: BaseException) -> Known | None:
    state = getattr(exception, "sqlstate", None)
    if isinstance(state, str):
        found = BY_SQLSTATE.get(state) or BY_SQLSTATE_CLASS.get(state[:2])
        if found:
            return found
    if isinstance(exception, OSError) and exception.errno in BY_ERRNO:
        return BY_ERRNO[exception.errno]
    names = (_name(cls) for cls in type(exception).__mro__)
    return next((BY_NAME[name] for name in names if name in BY_NAME), None)


def _chain(exception: BaseException) -> Iterator[BaseException]:
    """What a driver raised is inside what the layer above made of it."""
    inner = getattr(exception, "orig", None)
    if isinstance(inner, BaseException):
        yield inner
    yield exception
    cause = exception.__cause__
    if cause is not None and cause is not inner:
        yield cause


def _name(cls: type) -> str:
    return (
        cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"
    )


def _message(exception: BaseException) -> str:
    """What a driver said, without the statement that the layer above adds."""
    inner = getattr(exception, "orig", None)
    try:
        text = str(inner if isinstance(inner, BaseException) else exception)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError):
        text = ""
    return (text or type(exception).__name__)[:MESSAGE_LIMIT]


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and value >= 0 else None


def _trace(exception: BaseException) -> str | None:
    if exception.__traceback__ is None and exception.__cause__ is None:
        return None
    try:
        lines = traceback.format_exception(exception, limit=-50)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError):
        lines = traceback.format_tb(exception.__traceback__, limit=-50)
    return "".join(lines)[-TRACEBACK_LIMIT:]
