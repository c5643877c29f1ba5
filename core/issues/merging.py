"""Issues that are one failure are merged, and parted again without loss.

1. The keys of the merged issue lead to the target from then on. Its own row, events, counts by
   the minute and history stay as they are; readers take a whole family (`store.issues.family`).
2. The target's number of events and its times take those of the merged issue in.
3. Parting gives the keys and the numbers back. Events that came in between stay with the target.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.errors import ConflictError, InvalidInputError
from core.model import Issue, IssueFingerprint, IssueMerge, IssueTransition
from core.store.issues import IssueNotFoundError


class AlreadyMergedError(ConflictError):
    """The issue is merged into another one; part the two first."""

    code = "ML-REF-0014"


class NotMergedError(ConflictError):
    """The issue is not merged into another one."""

    code = "ML-REF-0015"


def merge(
    session: Session, target_id: int, source_ids: Sequence[int], *, actor: str, now: datetime
) -> Issue:
    """Makes `source_ids` part of the issue `target_id`, which is returned."""
    sources = sorted(set(source_ids))
    if not sources or target_id in sources:
        raise InvalidInputError("An issue is merged with at least one other issue.")
    issues = _locked(session, [target_id, *sources])
    target = issues[target_id]
    _refuse_strangers(list(issues.values()))
    own = _own_times(target, _brought(session, target))
    for source_id in sources:
        _take_over(session, target, issues[source_id], own, actor=actor, now=now)
    session.flush()
    _set_times(session, target, own)
    session.flush()
    return target


def unmerge(session: Session, source_id: int, *, actor: str, now: datetime) -> Issue:
    """Makes a merged issue its own again; returns it."""
    merged = _live_merge(session, source_id)
    issues = _locked(session, [source_id, merged.target_id])
    source, target = issues[source_id], issues[merged.target_id]
    session.refresh(merged)
    if source.merged_into != target.id or merged.undone_at is not None:
        raise NotMergedError(issue_id=source_id)
    if target.merged_into is not None:
        raise AlreadyMergedError(
            f"Issue {target.id} is itself merged into {target.merged_into}; part these two first.",
            issue_id=target.id,
        )
    own = _own_times(target, _brought(session, target))
    _move_keys(session, merged.issue_keys, target, source)
    source.merged_into = None
    merged.undone_at, merged.undone_by = now, actor
    target.event_count -= merged.event_count
    session.flush()
    _set_times(session, target, own)
    _note(session, source, f"parted_from:{target.id}", actor=actor, now=now)
    session.flush()
    return source


def _locked(session: Session, issue_ids: Sequence[int]) -> dict[int, Issue]:
    statement = (
        select(Issue)
        .where(Issue.id.in_(issue_ids))
        .order_by(Issue.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {issue.id: issue for issue in session.scalars(statement)}
    missing = set(issue_ids) - found.keys()
    if missing:
        raise IssueNotFoundError(f"There is no issue {min(missing)}.", issue_id=min(missing))
    return found


def _refuse_strangers(issues: Sequence[Issue]) -> None:
    if len({issue.project_id for issue in issues}) > 1:
        raise InvalidInputError("Only issues of one project can be merged.")
    for issue in issues:
        if issue.merged_into is not None:
            raise AlreadyMergedError(
                f"Issue {issue.id} is merged into {issue.merged_into}; part these two first.",
                issue_id=issue.id,
            )


def _take_over(
    session: Session, target: Issue, source: Issue, own: "Times", *, actor: str, now: datetime
) -> None:
    keys = session.scalars(
        select(IssueFingerprint.issue_key).where(IssueFingerprint.issue_id == source.id)
    ).all()
    session.add(
        IssueMerge(
            source_id=source.id,
            target_id=target.id,
            issue_keys=sorted(keys),
            event_count=source.event_count,
            target_first_seen=own.first,
            target_last_seen=own.last,
            actor=actor,
            at=now,
        )
    )
    _move_keys(session, keys, source, target)
    source.merged_into = target.id
    target.event_count += source.event_count
    _note(session, source, f"merged_into:{target.id}", actor=actor, now=now)


def _live_merge(session: Session, source_id: int) -> IssueMerge:
    live = IssueMerge.undone_at.is_(None)
    found = session.scalar(select(IssueMerge).where(IssueMerge.source_id == source_id, live))
    if found is None:
        raise NotMergedError(f"Issue {source_id} is not merged.", issue_id=source_id)
    return found


@dataclass(frozen=True, slots=True)
class Times:
    first: datetime
    last: datetime


def _brought(session: Session, target: Issue) -> Sequence[tuple[IssueMerge, Issue]]:
    """The merges that hold now, with the issues they brought."""
    statement = (
        select(IssueMerge, Issue)
        .join(Issue, Issue.id == IssueMerge.source_id)
        .where(IssueMerge.target_id == target.id, IssueMerge.undone_at.is_(None))
        .order_by(IssueMerge.id)
    )
    return [(merged, issue) for merged, issue in session.execute(statement)]


def _own_times(target: Issue, brought: Sequence[tuple[IssueMerge, Issue]]) -> Times:
    """When the target's own events came: as noted at the merges, or since then."""
    if not brought:
        return Times(target.first_seen, target.last_seen)
    noted = brought[0][0]
    earliest = min(noted.target_first_seen, *(issue.first_seen for _, issue in brought))
    latest = max(noted.target_last_seen, *(issue.last_seen for _, issue in brought))
    return Times(
        target.first_seen if target.first_seen < earliest else noted.target_first_seen,
        target.last_seen if target.last_seen > latest else noted.target_last_seen,
    )


def _set_times(session: Session, target: Issue, own: Times) -> None:
    """The target's own times and those of all it took over; each merge notes the same own times."""
    brought = _brought(session, target)
    for merged, _ in brought:
        merged.target_first_seen, merged.target_last_seen = own.first, own.last
    target.first_seen = min([own.first, *(issue.first_seen for _, issue in brought)])
    target.last_seen = max([own.last, *(issue.last_seen for _, issue in brought)])


def _move_keys(session: Session, keys: Sequence[str], old: Issue, new: Issue) -> None:
    session.execute(
        update(IssueFingerprint)
        .where(
            IssueFingerprint.project_id == old.project_id,
            IssueFingerprint.issue_key.in_(keys),
            IssueFingerprint.issue_id == old.id,
        )
        .values(issue_id=new.id)
    )


def _note(session: Session, issue: Issue, reason: str, *, actor: str, now: datetime) -> None:
    session.add(
        IssueTransition(
            issue_id=issue.id,
            old=issue.status,
            new=issue.status,
            reason=reason,
            actor=actor,
            at=now,
        )
    )
