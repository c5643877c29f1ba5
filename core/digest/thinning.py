"""Of an issue that floods, one payload in so many is kept; every event is counted.

An event's place in its issue's minute decides, so it makes no difference how a flood is cut into
batches. The counts are read without a lock: two workers in the same minute may keep a few payloads
more than one would.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import psycopg

from core.digest.event import Digested, minute

_COUNTS: Final = """
    SELECT issue_id, minute, events
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS wanted (issue_id, minute)
    JOIN issue_minutes USING (issue_id, minute) WHERE resolution = 60
"""


class IssueMinuteKey(NamedTuple):
    issue_id: int
    minute: datetime


@dataclass(frozen=True, slots=True)
class Thinning:
    """Above `above` events of one issue in a minute, one payload in `keep` stays."""

    above: int
    keep: int

    def keeps(self, place: int) -> bool:
        """Whether the event at this place (from 0) of its issue's minute keeps its payload."""
        beyond = place - self.above
        return beyond < 0 or beyond % self.keep == 0


def kept(
    events: Sequence[tuple[int, Digested]],
    earlier: Mapping[IssueMinuteKey, int],
    thinning: Thinning,
) -> list[bool]:
    """For each `(issue_id, event)`, whether its payload stays."""
    places = dict(earlier)
    answers = []
    for issue_id, event in events:
        key = IssueMinuteKey(issue_id, minute(event.received_at))
        place = places.get(key, 0)
        places[key] = place + 1
        answers.append(thinning.keeps(place))
    return answers


def keys(events: Sequence[tuple[int, Digested]]) -> list[IssueMinuteKey]:
    """The minutes of issues that these events fall into, sorted."""
    return sorted({IssueMinuteKey(i, minute(event.received_at)) for i, event in events})


def counts(
    connection: psycopg.Connection[Any], wanted: Sequence[IssueMinuteKey]
) -> dict[IssueMinuteKey, int]:
    """Events stored so far, by issue and minute."""
    values = [[key.issue_id for key in wanted], [key.minute for key in wanted]]
    rows = connection.execute(_COUNTS, values)
    return {IssueMinuteKey(issue_id, at): events for issue_id, at, events in rows}
