"""The states of an issue and the pure decision what an event does to them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """`regressed` is set by an event that arrives after the issue was resolved, never by hand."""

    UNRESOLVED = "unresolved"
    RESOLVED = "resolved"
    IGNORED = "ignored"
    REGRESSED = "regressed"


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of state that is to be made if the issue is still in `old`."""

    old: Status
    new: Status
    reason: str


REGRESSION = Transition(Status.RESOLVED, Status.REGRESSED, "event_after_resolution")
IGNORE_OVER = Transition(Status.IGNORED, Status.UNRESOLVED, "event_after_ignore_ended")


def on_event(
    status: str,
    ignored_until: datetime | None,
    now: datetime,
    *,
    changed_at: datetime | None = None,
) -> Transition | None:
    """What an event received at `now` does to an issue that is in `status` since `changed_at`.

    An event that came before the issue was resolved and is only digested after it changes nothing.
    """
    if changed_at is not None and now <= changed_at:
        return None
    match Status(status):
        case Status.RESOLVED:
            return REGRESSION
        case Status.IGNORED if ignored_until is not None and now >= ignored_until:
            return IGNORE_OVER
        case _:
            return None
