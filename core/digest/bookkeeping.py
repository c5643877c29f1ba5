"""Adds a batch up: what goes into the roll-ups, the signals and the books."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Final

from core.digest.claim import ClaimedRow
from core.digest.event import Digested, minute
from core.digest.rows import StoredRow
from core.digest.thinning import IssueMinuteKey
from core.store.books import Account, BookLine
from core.store.components import Delta, Slot
from core.store.signals import NewSignal, SignalKind

# Accepted for a project that is gone by now.
PROJECT_GONE: Final = "project_gone"

Pairs = Sequence[tuple[int, Digested]]


def by_minute(pairs: Pairs) -> Counter[tuple[IssueMinuteKey, int]]:
    """Events by issue, minute and project."""
    return Counter(
        (IssueMinuteKey(issue_id, minute(event.received_at)), event.project_id)
        for issue_id, event in pairs
    )


def by_component(events: Iterable[Digested]) -> list[tuple[Slot, Delta]]:
    counts = Counter(
        Slot(event.project_id, event.component, minute(event.received_at))
        for event in events
        if event.component
    )
    return [(slot, Delta(events=count)) for slot, count in counts.items()]


def signals(
    pairs: Pairs, created: Collection[int], regressed: Collection[int], *, now: datetime
) -> list[NewSignal]:
    """One for each issue that these events made or brought back, with the first of them."""
    firsts: dict[int, Digested] = {}
    for issue_id, event in pairs:
        firsts.setdefault(issue_id, event)
    told = [(issue_id, SignalKind.NEW_ISSUE) for issue_id in sorted(created)]
    told += [(issue_id, SignalKind.REGRESSION) for issue_id in sorted(regressed)]
    return [
        NewSignal(
            project_id=firsts[issue_id].project_id,
            issue_id=issue_id,
            kind=kind,
            at=now,
            detail={"event_id": firsts[issue_id].event_id.hex},
        )
        for issue_id, kind in told
    ]


def lines(
    events: Iterable[Digested], stored: Sequence[StoredRow], orphans: Iterable[ClaimedRow]
) -> list[BookLine]:
    """Each row of the inbox is stored, a duplicate, or not accepted after all."""
    seen = Counter((day(event.received_at), event.project_id) for event in events)
    kept = Counter((day(row.event.received_at), row.event.project_id) for row in stored)
    thinned = Counter(
        (day(row.event.received_at), row.event.project_id) for row in stored if row.payload is None
    )
    gone = Counter((day(row.item.received_at), row.item.project_id) for row in orphans)
    return [
        *_lines(Account.STORED, kept),
        *_lines(Account.DUPLICATES, seen - kept),
        *_lines(Account.THINNED, thinned),
        *_lines(Account.REJECTED, gone, reason=PROJECT_GONE),
        *_lines(Account.ACCEPTED, Counter({key: -count for key, count in gone.items()})),
    ]


def _lines(
    account: Account, counts: Counter[tuple[date, int]], *, reason: str = ""
) -> Iterator[BookLine]:
    for (on, project_id), count in counts.items():
        yield BookLine(on, project_id, account, reason, count)


def day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
