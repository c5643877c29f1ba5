"""The issues that burst in the minutes just past, read from the counts by the minute."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.orm import Session

from core.analysis import cascade
from core.analysis.cascade import FEWEST_EVENTS, FEWEST_ISSUES, Burst
from core.analysis.impact import UNUSUAL, usual
from core.model import Visitor

MINUTE: Final = timedelta(minutes=1)
WINDOW: Final = timedelta(minutes=5)
PAST: Final = 24  # windows
# Issues of one project that are looked at, those with most events.
MOST: Final = 200

_IDS: Final = bindparam("issues", type_=ARRAY(BIGINT))
# A project with a burst here and there has no cascade.
_BUSY: Final = text("""
    WITH counted AS (
        SELECT project_id, issue_id, sum(events) AS events FROM issue_minutes
        WHERE resolution = 60 AND minute >= :since AND minute < :until
        GROUP BY project_id, issue_id HAVING sum(events) >= :fewest
    ), ranked AS (
        SELECT *, count(*) OVER (PARTITION BY project_id) AS busy,
            row_number() OVER (PARTITION BY project_id ORDER BY events DESC, issue_id) AS place
        FROM counted
    )
    SELECT ranked.project_id, issue_id, first_seen, category, family, component
    FROM ranked JOIN issues ON issues.id = issue_id
    WHERE busy >= :issues AND place <= :most
""")
_MINUTES: Final = text("""
    SELECT issue_id, minute, events FROM issue_minutes
    WHERE issue_id = ANY(:issues) AND resolution = 60 AND minute >= :since AND minute < :until
    ORDER BY issue_id, minute
""").bindparams(_IDS)
_FIRST: Final = text("""
    SELECT wanted.issue_id, (
        SELECT min(received_at) FROM events
        WHERE events.issue_id = wanted.issue_id
          AND received_at >= wanted.minute AND received_at < wanted.minute + interval '1 minute'
    )
    FROM unnest(CAST(:issues AS bigint[]), CAST(:minutes AS timestamptz[]))
        AS wanted (issue_id, minute)
""").bindparams(_IDS)
_TRACES: Final = text("""
    SELECT issue_id, array_agg(hash) FROM issue_visitors
    WHERE project_id = :project AND kind = :kind AND issue_id = ANY(:issues) AND seen_at >= :since
    GROUP BY issue_id
""").bindparams(_IDS)


@dataclass(frozen=True, slots=True)
class Window:
    """Whole minutes; the past lies before it."""

    until: datetime

    @property
    def since(self) -> datetime:
        return self.until - WINDOW

    @property
    def past_since(self) -> datetime:
        return self.since - PAST * WINDOW


def found(session: Session, window: Window) -> dict[int, list[Burst]]:
    """By project; only projects where enough issues burst."""
    values = {
        "since": window.since,
        "until": window.until,
        "fewest": FEWEST_EVENTS,
        "issues": FEWEST_ISSUES,
        "most": MOST,
    }
    busy = session.execute(_BUSY, values).all()
    minutes = _minutes(session, [row.issue_id for row in busy], window) if busy else {}
    by_project: dict[int, list[Burst]] = defaultdict(list)
    for row in busy:
        burst = _burst(row, minutes[row.issue_id], window)
        if cascade.bursts(burst.events, burst.past):
            by_project[row.project_id].append(burst)
    return {
        project_id: _refined(session, project_id, bursts, window)
        for project_id, bursts in sorted(by_project.items())
        if len(bursts) >= FEWEST_ISSUES
    }


def _minutes(
    session: Session, issue_ids: Sequence[int], window: Window
) -> Mapping[int, Mapping[datetime, int]]:
    values = {"issues": list(issue_ids), "since": window.past_since, "until": window.until}
    found: dict[int, dict[datetime, int]] = defaultdict(dict)
    for issue_id, minute, events in session.execute(_MINUTES, values):
        found[issue_id][minute] = events
    return found


def _burst(row: Any, minutes: Mapping[datetime, int], window: Window) -> Burst:
    now = {minute: events for minute, events in minutes.items() if minute >= window.since}
    past = _past(minutes, max(row.first_seen, window.past_since), window)
    return Burst(
        issue_id=row.issue_id,
        onset=_onset(now, past),
        events=sum(now.values()),
        past=past,
        category=row.category,
        family=row.family,
        component=row.component,
    )


def _past(minutes: Mapping[datetime, int], begun: datetime, window: Window) -> tuple[int, ...]:
    """Events by window, nearest first, as far back as the issue was there."""
    counts = [0] * max(int((window.since - begun) / WINDOW), 0)
    for minute, events in minutes.items():
        place = int((window.since - minute - MINUTE) / WINDOW)
        if minute < window.since and place < len(counts):
            counts[place] += events
    return tuple(counts)


def _onset(now: Mapping[datetime, int], past: Sequence[int]) -> datetime:
    """The first minute with more than its share of what would still be usual."""
    middle, spread = usual(past) if past else (0.0, 0.0)
    much = (middle + UNUSUAL * spread) / (WINDOW / MINUTE)
    return next((minute for minute, events in sorted(now.items()) if events > much), min(now))


def _refined(
    session: Session, project_id: int, bursts: Iterable[Burst], window: Window
) -> list[Burst]:
    """With the moment of the first event, and with traces."""
    by_id = {burst.issue_id: burst for burst in bursts}
    onsets = {issue_id: burst.onset for issue_id, burst in by_id.items()}
    firsts = session.execute(
        _FIRST, {"issues": list(onsets), "minutes": list(onsets.values())}
    ).all()
    traced = traces(session, project_id, list(by_id), since=window.since)
    return [
        replace(
            by_id[issue_id],
            onset=first or onsets[issue_id],
            traces=traced.get(issue_id, frozenset()),
        )
        for issue_id, first in firsts
    ]


def traces(
    session: Session, project_id: int, issue_ids: Sequence[int], *, since: datetime
) -> dict[int, frozenset[int]]:
    values = {
        "project": project_id,
        "kind": Visitor.TRACE.value,
        "issues": list(issue_ids),
        "since": since,
    }
    return {row.issue_id: frozenset(row[1]) for row in session.execute(_TRACES, values)}
