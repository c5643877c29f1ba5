"""What of a batch recovery should look at, from what the batch knows already: no row is read.

A failure that may pass is told once in a minute of its issue, one that lasts when it begins. Each
piece of work that can be run again is told, up to a number: each of them may be mended.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

from core.digest.event import Digested, minute
from core.digest.rows import StoredRow
from core.digest.thinning import IssueMinuteKey
from core.store.signals import NewSignal, SignalKind

MOST_OPERATIONS: Final = 200


def signals(
    rows: Iterable[StoredRow],
    begun: Collection[int],
    earlier: Mapping[IssueMinuteKey, int],
    *,
    now: datetime,
) -> list[NewSignal]:
    """`begun`: issues that are new or back; `earlier`: events of issues in minutes before this."""
    firsts: dict[int, Digested] = {}
    operations: dict[int, list[str]] = {}
    projects: dict[int, int] = {}
    for row in rows:
        event, issue_id = row.event, row.issue_id
        if not _is_heard(event):
            continue
        transient = event.analysis.classification.transient
        if transient and event.replayable and row.payload is not None:
            operations.setdefault(issue_id, []).append(event.event_id.hex)
            projects[issue_id] = event.project_id
        elif issue_id not in firsts and (issue_id in begun or (transient and _new(row, earlier))):
            firsts[issue_id] = event
            projects[issue_id] = event.project_id
    return [
        NewSignal(
            project_id=projects[issue_id],
            issue_id=issue_id,
            kind=SignalKind.RECOVERABLE,
            at=now,
            detail=_detail(firsts.get(issue_id), operations.get(issue_id, [])),
        )
        for issue_id in sorted(projects)
    ]


def _is_heard(event: Digested) -> bool:
    return event.analysis.classification.failed and not event.analysis.ruled.ignored


def _new(row: StoredRow, earlier: Mapping[IssueMinuteKey, int]) -> bool:
    """Whether its issue had no event in this minute before."""
    return IssueMinuteKey(row.issue_id, minute(row.event.received_at)) not in earlier


def _detail(first: Digested | None, operations: list[str]) -> dict[str, object]:
    """As few words as possible: most signals tell of one event."""
    detail: dict[str, object] = {"event_id": first.event_id.hex} if first else {}
    return detail | ({"operations": operations[:MOST_OPERATIONS]} if operations else {})
