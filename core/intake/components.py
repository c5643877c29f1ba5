"""What components report of themselves, and how it adds up by the minute."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from core.errors import InvalidInputError, TooLargeError
from core.intake import moment
from core.intake.rejection import Reason
from core.store.components import Delta, Slot

# Upper bounds in milliseconds; a last bucket holds what is longer.
DURATION_BOUNDS: Final = (
    1.0,
    2.5,
    5.0,
    10.0,
    25.0,
    50.0,
    100.0,
    250.0,
    500.0,
    1_000.0,
    2_500.0,
    5_000.0,
    10_000.0,
    30_000.0,
    60_000.0,
)
LONGEST_NAME: Final = 200
_MOST_REPORTS: Final = 10_000
_LARGEST: Final = 2**53
# Sums of counts, of a day's reports too, have to fit 64 bits: one that does not fails all that are
# written with it.
_MOST_COUNTED: Final = 10**9
_OUTCOMES: Final = {"success": True, "failure": False}


def deltas(
    project_id: int,
    component: str,
    payload: Any,
    *,
    received_at: datetime,
    skew: timedelta = timedelta(days=1),
) -> list[tuple[Slot, Delta]]:
    """One report or an array of them. A wrong one refuses all: sums must not be half right."""
    name = component.replace("\x00", "").strip()
    if not name or len(name) > LONGEST_NAME:
        raise _invalid(f"a component's name has 1 to {LONGEST_NAME} characters")
    reports = payload if isinstance(payload, list) else [payload]
    if len(reports) > _MOST_REPORTS:
        raise TooLargeError(
            f"more than {_MOST_REPORTS} reports at once", reason=Reason.TOO_MANY_ITEMS
        )
    summed: dict[Slot, Delta] = {}
    for report in reports:
        if not isinstance(report, Mapping):
            raise _invalid("a report must be a JSON object")
        when = moment.clamp(moment.read(report.get("at")), received_at, skew=skew).moment
        slot = Slot(project_id, name, when.replace(second=0, microsecond=0))
        delta = _delta(report)
        summed[slot] = summed[slot] + delta if slot in summed else delta
    return list(summed.items())


def merged(batches: Iterable[tuple[Slot, Delta]]) -> list[tuple[Slot, Delta]]:
    summed: dict[Slot, Delta] = {}
    for slot, delta in batches:
        summed[slot] = summed[slot] + delta if slot in summed else delta
    return list(summed.items())


def buckets(duration: float, count: int) -> tuple[int, ...]:
    """`count` durations of one length, in the bucket where they belong."""
    place = bisect_left(DURATION_BOUNDS, duration)
    return tuple(count if bucket == place else 0 for bucket in range(len(DURATION_BOUNDS) + 1))


def _delta(report: Mapping[str, Any]) -> Delta:
    """With a count, a duration is the mean of that many operations."""
    outcome = report.get("outcome")
    good = _OUTCOMES.get(outcome.lower()) if isinstance(outcome, str) else None
    if good is None:
        raise _invalid('the field "outcome" must be "success" or "failure"')
    count = int(_number(report, "count", least=1, most=_MOST_COUNTED) or 1)
    duration = _number(report, "duration_ms")
    memory = _number(report, "memory_bytes")
    timed = 0 if duration is None else count
    return Delta(
        successes=count if good else 0,
        failures=0 if good else count,
        duration_count=timed,
        duration_sum=(duration or 0.0) * timed,
        duration_max=duration or 0.0,
        duration_buckets=() if duration is None else buckets(duration, count),
        memory_max=None if memory is None else int(memory),
        connections_lost=count if report.get("connected") is False else 0,
    )


def _number(
    report: Mapping[str, Any], name: str, *, least: float = 0, most: float = _LARGEST
) -> float | None:
    value = report.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _invalid(f'the field "{name}" must be a number')
    if not math.isfinite(value) or not least <= value <= most:
        raise _invalid(f'the field "{name}" must be between {least} and {most}')
    return value


def _invalid(what: str) -> InvalidInputError:
    return InvalidInputError(what, reason=Reason.INVALID)
