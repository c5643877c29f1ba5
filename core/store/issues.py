"""Issues as people look for them: by filter and order, with their keys, changes and counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Select, func, or_, select, text
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.model import Issue, IssueFingerprint, IssueMinute, IssueTransition
from core.store.paging import MOMENT, WHOLE, Cursor, Keyset, Page


class IssueNotFoundError(NotFoundError):
    """There is no such issue."""

    code = "ML-REF-0013"


class Sort(StrEnum):
    """Greatest first."""

    LAST_SEEN = "last_seen"
    FIRST_SEEN = "first_seen"
    EVENTS = "events"


ORDERS: Final = {
    Sort.LAST_SEEN: Keyset(Issue.last_seen, Issue.id, MOMENT),
    Sort.FIRST_SEEN: Keyset(Issue.first_seen, Issue.id, MOMENT),
    Sort.EVENTS: Keyset(Issue.event_count, Issue.id, WHOLE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFilter:
    """Empty means all. Of each field any value will do; of `query` every word must be found."""

    ids: Sequence[int] = ()
    projects: Sequence[int] = ()
    statuses: Sequence[str] = ()
    levels: Sequence[str] = ()
    categories: Sequence[str] = ()
    components: Sequence[str] = ()
    query: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        choices = (
            (Issue.id, self.ids),
            (Issue.project_id, self.projects),
            (Issue.status, self.statuses),
            (Issue.level, self.levels),
            (Issue.category, self.categories),
            (Issue.component, self.components),
        )
        chosen = [column.in_(values) for column, values in choices if values]
        return [Issue.merged_into.is_(None), *chosen, *map(_contains, self.query.split())]


def _contains(word: str) -> ColumnElement[bool]:
    columns = (Issue.title, Issue.culprit)
    return or_(*(column.icontains(word, autoescape=True) for column in columns))


def page(
    session: Session,
    wanted: IssueFilter,
    *,
    sort: Sort = Sort.LAST_SEEN,
    cursor: Cursor | None = None,
    limit: int = 50,
) -> Page:
    """Each row begins with the `Issue`. Merged issues stand behind the one that took them over."""
    statement = select(Issue).where(*wanted.conditions())
    return ORDERS[sort].page(session, statement, cursor=cursor, limit=limit)


def chosen(session: Session, wanted: IssueFilter, *, limit: int) -> Sequence[int]:
    """The ids behind a filter, for a change of many at once."""
    statement = select(Issue.id).where(*wanted.conditions()).order_by(Issue.id).limit(limit)
    return session.scalars(statement).all()


def get(session: Session, issue_id: int) -> Issue:
    found = session.get(Issue, issue_id)
    if found is None:
        raise IssueNotFoundError(f"There is no issue {issue_id}.", issue_id=issue_id)
    return found


def of_project(session: Session, issue_id: int, project_id: int | None) -> Issue:
    """As `get`; an issue of another project than the caller may see is not there for him."""
    found = get(session, issue_id)
    if project_id is not None and found.project_id != project_id:
        raise IssueNotFoundError(f"There is no issue {issue_id}.", issue_id=issue_id)
    return found


def root(session: Session, issue_id: int) -> Issue:
    """The issue that took this one over in the end, or the issue itself."""
    issue = get(session, issue_id)
    while issue.merged_into is not None:
        issue = get(session, issue.merged_into)
    return issue


_FAMILY = text("""
    WITH RECURSIVE family (id) AS (
        SELECT CAST(:issue_id AS bigint)
        UNION
        SELECT issues.id FROM issues JOIN family ON issues.merged_into = family.id
    )
    SELECT id FROM family ORDER BY id
""")


def family(session: Session, issue_id: int) -> list[int]:
    """The issue and all that were merged into it, also by way of others."""
    return list(session.scalars(_FAMILY, {"issue_id": issue_id}))


def keys(session: Session, issue_ids: Sequence[int]) -> dict[int, list[str]]:
    """The keys that lead to each issue, oldest first."""
    statement = (
        select(IssueFingerprint.issue_id, IssueFingerprint.issue_key)
        .where(IssueFingerprint.issue_id.in_(issue_ids))
        .order_by(IssueFingerprint.created_at, IssueFingerprint.issue_key)
    )
    found: dict[int, list[str]] = {issue_id: [] for issue_id in issue_ids}
    for issue_id, issue_key in session.execute(statement):
        found[issue_id].append(issue_key)
    return found


def transitions(session: Session, issue_id: int, *, limit: int = 100) -> Sequence[IssueTransition]:
    """Newest first."""
    statement = (
        select(IssueTransition)
        .where(IssueTransition.issue_id == issue_id)
        .order_by(IssueTransition.at.desc(), IssueTransition.id.desc())
        .limit(limit)
    )
    return session.scalars(statement).all()


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` until just before `until`, cut into steps of `step` seconds."""

    since: datetime
    until: datetime
    step: int = 3600


@dataclass(frozen=True, slots=True)
class Count:
    at: datetime
    events: int


def trend(session: Session, issue_ids: Sequence[int], window: Window) -> list[Count]:
    """Events of these issues together by step; steps without events are left out.

    Roll-ups that are coarser than the step stand at their own beginning.
    """
    return _counted(session, window, IssueMinute.issue_id.in_(issue_ids))


def project_trend(session: Session, project_id: int, window: Window) -> list[Count]:
    return _counted(session, window, IssueMinute.project_id == project_id)


def _counted(session: Session, window: Window, which: ColumnElement[bool]) -> list[Count]:
    step = func.make_interval(0, 0, 0, 0, 0, 0, window.step)
    bucket = func.date_bin(step, IssueMinute.minute, window.since).label("bucket")
    statement: Select[datetime, int] = (
        select(bucket, func.sum(IssueMinute.events))
        .where(which, IssueMinute.minute >= window.since, IssueMinute.minute < window.until)
        .group_by(bucket)
        .order_by(bucket)
    )
    return [Count(at, int(events)) for at, events in session.execute(statement)]
