"""One failure as a value, and how it reads in a log line, an answer and a terminal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from core.errors.tree import Category

PROBLEM_TYPE: Final = "about:blank"
INTERNAL: Final = 500


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """One failure, ready for a log line, an answer, a retry decision or a dead letter.

    `retry_after` in seconds, where the failing side told one.
    """

    code: str
    category: Category
    permanent: bool
    http_status: int
    type: str
    message: str
    retry_after: float | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    traceback: str | None = None


def for_log(report: ErrorReport) -> dict[str, Any]:
    """Fields of a log event; the trace belongs to the event's `exc_info`."""
    return {
        "code": report.code,
        "category": str(report.category),
        "permanent": report.permanent,
        "error": report.type,
        "message": report.message,
        **{f"error_{name}": value for name, value in report.context.items()},
    }


def for_api(report: ErrorReport, *, request_id: str | None = None) -> dict[str, Any]:
    """An `application/problem+json` body (RFC 9457).

    What went wrong inside is not told to the outside: of an error of ours that is no fault of
    the caller only the code, to be found again in the log by the request id.
    """
    inside = report.http_status >= INTERNAL
    problem: dict[str, Any] = {
        "type": PROBLEM_TYPE,
        "title": TITLES[report.category],
        "status": report.http_status,
        "detail": TITLES[report.category] if inside else report.message,
        "code": report.code,
        "category": str(report.category),
    }
    if request_id is not None:
        problem["request_id"] = request_id
    if report.retry_after is not None:
        problem["retry_after"] = report.retry_after
    return problem


def for_console(report: ErrorReport) -> str:
    """Two lines for a person: what went wrong, and what to do next."""
    return f"{report.message} [{report.code}]\n{NEXT_STEPS[report.category]}"


TITLES: Final[Mapping[Category, str]] = {
    Category.CONNECTION: "Something that is needed cannot be reached",
    Category.TIMEOUT: "Something that is needed did not answer in time",
    Category.RATE_LIMIT: "Too many requests",
    Category.UNAVAILABLE: "Something that is needed is not available",
    Category.SERVER: "Something that is needed failed",
    Category.CONCURRENCY: "Another change got in the way",
    Category.RESOURCE: "A resource is used up",
    Category.ROUTING_STALE: "The addressed server has changed its role",
    Category.CANCELLED: "The operation was cancelled",
    Category.AUTH: "Not allowed",
    Category.VALIDATION: "The input is not valid",
    Category.NOT_FOUND: "Not found",
    Category.INTEGRITY: "In conflict with what is stored",
    Category.CONFIG: "Not configured correctly",
    Category.UNSUPPORTED: "Not supported",
    Category.BUG: "A fault of Mendline",
    Category.OTHER_TRANSIENT: "A passing failure",
    Category.OTHER_PERMANENT: "A lasting failure",
    Category.UNKNOWN: "An unknown failure",
}

_LATER: Final = "This usually passes; try again in a moment."
_DOCTOR: Final = "Is the platform running? `mendline doctor` tells what is missing."
_REPORT: Final = "The log has the details under this code; please report it with them."

NEXT_STEPS: Final[Mapping[Category, str]] = {
    Category.CONNECTION: _DOCTOR,
    Category.TIMEOUT: _LATER,
    Category.RATE_LIMIT: "Wait as long as the answer says, then try again.",
    Category.UNAVAILABLE: _DOCTOR,
    Category.SERVER: _LATER,
    Category.CONCURRENCY: _LATER,
    Category.RESOURCE: "Free disk space or memory; `mendline doctor` shows which.",
    Category.ROUTING_STALE: _LATER,
    Category.CANCELLED: "Start it again if you still need it.",
    Category.AUTH: "Check the key and its role: `mendline key list`.",
    Category.VALIDATION: "Correct the input and try again.",
    Category.NOT_FOUND: "Check the name or the id.",
    Category.INTEGRITY: "Look at the present state and try again.",
    Category.CONFIG: "Correct the setting; `mendline config show` prints what is in effect.",
    Category.UNSUPPORTED: "There is another way; see the reference.",
    Category.BUG: _REPORT,
    Category.OTHER_TRANSIENT: _LATER,
    Category.OTHER_PERMANENT: _REPORT,
    Category.UNKNOWN: _REPORT,
}
