"""Dead letters that grow against their own past: what used to be mended no longer is.

1. Count the letters of the last hour by project, task and reason.
2. Compare with the same hour-long windows of the week before: median and spread.
3. Clearly more, and not told in the last hours: a signal.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.analysis.impact import UNUSUAL, usual
from core.model.issues import Signal
from core.store import signals
from core.store.signals import NewSignal, SignalKind

WINDOW: Final = timedelta(hours=1)
PAST: Final = 7 * 24  # windows
# Fewer letters in an hour are looked at one by one anyway.
FEWEST: Final = 10
QUIET: Final = timedelta(hours=6)

_NOW: Final = text("""
    SELECT coalesce(project_id, :nobody) AS project_id, task, reason, count(*) AS letters
    FROM dead_letters WHERE created_at >= :since AND created_at < :until
    GROUP BY 1, 2, 3 HAVING count(*) >= :fewest
""")
_PAST: Final = text("""
    SELECT coalesce(project_id, :nobody) AS project_id, task, reason,
        floor(extract(epoch FROM CAST(:since AS timestamptz) - created_at) / :seconds)::int
            AS place,
        count(*) AS letters
    FROM dead_letters WHERE created_at >= :past AND created_at < :since
    GROUP BY 1, 2, 3, 4
""")


class Kind(NamedTuple):
    """`project_id` is our own project for letters that belong to none."""

    project_id: int
    task: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Growth:
    kind: Kind
    letters: int
    usual: float
    limit: float


def grows(letters: int, past: Sequence[int]) -> tuple[float, float] | None:
    """What is usual, and the limit that is passed; none while it is not."""
    middle, spread = usual(past) if past else (0.0, 1.0)
    limit = max(middle + UNUSUAL * spread, float(FEWEST - 1))
    return (middle, limit) if letters > limit else None


def watch(session: Session, now: datetime, *, own_project: int) -> list[Growth]:
    """Writes a signal for each kind of letters that grows; which ones."""
    found = [each for each in _growing(session, now, own_project) if not _told(session, each, now)]
    signals.add(session, [_signal(each, now) for each in found])
    return found


def _growing(session: Session, now: datetime, own_project: int) -> list[Growth]:
    since = now - WINDOW
    values = {"nobody": own_project, "since": since, "until": now, "fewest": FEWEST}
    present = session.execute(_NOW, values).all()
    past = _past(session, since, own_project) if present else {}
    found = []
    for row in present:
        kind = Kind(row.project_id, row.task, row.reason)
        counts = past.get(kind, {})
        if told := grows(row.letters, [counts.get(place, 0) for place in range(PAST)]):
            found.append(Growth(kind, row.letters, *told))
    return found


def _past(session: Session, since: datetime, own_project: int) -> dict[Kind, dict[int, int]]:
    values = {
        "nobody": own_project,
        "since": since,
        "past": since - PAST * WINDOW,
        "seconds": WINDOW.total_seconds(),
    }
    found: dict[Kind, dict[int, int]] = defaultdict(dict)
    for row in session.execute(_PAST, values):
        found[Kind(row.project_id, row.task, row.reason)][row.place] = row.letters
    return found


def _told(session: Session, growth: Growth, now: datetime) -> bool:
    kind = growth.kind
    statement = select(Signal.id).where(
        Signal.project_id == kind.project_id,
        Signal.at > now - QUIET,
        Signal.kind == SignalKind.DEADLETTERS_GROWING,
        Signal.detail.contains({"task": kind.task, "reason": kind.reason}),
    )
    return session.execute(statement.limit(1)).first() is not None


def _signal(growth: Growth, now: datetime) -> NewSignal:
    detail = {
        "task": growth.kind.task,
        "reason": growth.kind.reason,
        "letters": growth.letters,
        "usual": growth.usual,
        "limit": round(growth.limit, 1),
        "window_seconds": int(WINDOW.total_seconds()),
    }
    return NewSignal(growth.kind.project_id, None, SignalKind.DEADLETTERS_GROWING, now, detail)
