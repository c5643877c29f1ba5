"""What of a batch recovery should look at.

One place in a program may fail in several ways, so an issue is told of by category: what may pass
once in a minute, what lasts when it begins there. Each piece of work that can be run again is told,
up to a number: each of them may be mended.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from core.digest.event import Digested, minute
from core.digest.rows import StoredRow
from core.digest.thinning import IssueMinuteKey
from core.store.signals import NewSignal, SignalKind, Told

MOST_OPERATIONS: Final = 200


class Place(NamedTuple):
    issue_id: int
    category: str


@dataclass(slots=True)
class _Found:
    project_id: int
    first: Digested | None = None
    operations: list[str] = field(default_factory=list)


def signals(
    rows: Iterable[StoredRow],
    begun: Collection[int],
    earlier: Mapping[IssueMinuteKey, int],
    *,
    told: Callable[[Collection[Told]], Collection[Told]],
    now: datetime,
) -> list[NewSignal]:
    """`begun`: issues that are new or back; `earlier`: events of issues in minutes before this.

    `told` tells which of these were told before; it is asked once, and of what is in doubt only.
    """
    found: dict[Place, _Found] = {}
    doubtful: dict[Place, tuple[Told, Digested]] = {}
    for row in rows:
        event = row.event
        if not _is_heard(event):
            continue
        place = Place(row.issue_id, event.analysis.classification.category.value)
        if event.analysis.classification.transient and event.replayable and row.payload is not None:
            each = found.setdefault(place, _Found(event.project_id))
            each.operations.append(event.event_id.hex)
        elif row.issue_id in begun or _new(row, earlier):
            each = found.setdefault(place, _Found(event.project_id))
            each.first = each.first or event
        elif place not in doubtful:
            doubtful[place] = (_told(place, event), event)
    _decide(found, doubtful, told)
    return [_signal(place, each, now) for place, each in sorted(found.items(), key=_by_place)]


def _decide(
    found: dict[Place, _Found],
    doubtful: Mapping[Place, tuple[Told, Digested]],
    told: Callable[[Collection[Told]], Collection[Told]],
) -> None:
    asked = {
        place: each
        for place, each in doubtful.items()
        if place not in found or found[place].first is None
    }
    if not asked:
        return
    known = told([wanted for wanted, _ in asked.values()])
    for place, (wanted, event) in asked.items():
        if wanted not in known:
            found.setdefault(place, _Found(event.project_id)).first = event


def _told(place: Place, event: Digested) -> Told:
    """What lasts is told once; what may pass in each minute."""
    passing = event.analysis.classification.transient
    return Told(*place, minute(event.received_at) if passing else None)


def _is_heard(event: Digested) -> bool:
    return event.analysis.classification.failed and not event.analysis.ruled.ignored


def _new(row: StoredRow, earlier: Mapping[IssueMinuteKey, int]) -> bool:
    """Whether what may pass had no event of its issue in this minute before."""
    passing = row.event.analysis.classification.transient
    return passing and IssueMinuteKey(row.issue_id, minute(row.event.received_at)) not in earlier


def _by_place(item: tuple[Place, _Found]) -> Place:
    return item[0]


def _signal(place: Place, found: _Found, now: datetime) -> NewSignal:
    """As few words as possible: most signals tell of one event."""
    detail: dict[str, object] = {"category": place.category}
    if found.first is not None:
        detail["event_id"] = found.first.event_id.hex
    if found.operations:
        detail["operations"] = found.operations[:MOST_OPERATIONS]
    return NewSignal(found.project_id, place.issue_id, SignalKind.RECOVERABLE, now, detail)
