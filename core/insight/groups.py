"""Groups of issues that burst together, as people look for them."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.model import CorrelationGroup, CorrelationMember, Issue
from core.store.paging import Cursor, Keyset, Page

ORDER: Final = Keyset(CorrelationGroup.id, CorrelationGroup.id)


class State(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class NoGroupError(NotFoundError):
    """There is no such group of issues."""

    code = "ML-REF-0052"


def page(
    session: Session,
    *,
    project_id: int | None = None,
    state: State | None = None,
    cursor: Cursor | None = None,
    limit: int = 100,
) -> Page:
    """Newest first; each row begins with the `CorrelationGroup`."""
    statement = select(CorrelationGroup)
    if project_id is not None:
        statement = statement.where(CorrelationGroup.project_id == project_id)
    if state is not None:
        statement = statement.where(CorrelationGroup.state == state)
    return ORDER.page(session, statement, cursor=cursor, limit=limit)


def get(session: Session, group_id: int, project_id: int | None = None) -> CorrelationGroup:
    """One of another project than the caller may see is not there for him."""
    found = session.get(CorrelationGroup, group_id)
    if found is None or (project_id is not None and found.project_id != project_id):
        raise NoGroupError(f"There is no group {group_id}.", id=group_id)
    return found


def members(session: Session, group_id: int) -> Sequence[tuple[CorrelationMember, Issue]]:
    """In the order of suspicion."""
    statement = (
        select(CorrelationMember, Issue)
        .join(Issue, Issue.id == CorrelationMember.issue_id)
        .where(CorrelationMember.group_id == group_id)
        .order_by(CorrelationMember.place)
    )
    return [(member, issue) for member, issue in session.execute(statement)]


def of_issue(
    session: Session, issue_ids: Sequence[int], *, limit: int = 20
) -> Sequence[CorrelationGroup]:
    """The groups that these issues are or were part of, newest first."""
    mine = select(CorrelationMember.group_id).where(CorrelationMember.issue_id.in_(issue_ids))
    statement = select(CorrelationGroup).where(CorrelationGroup.id.in_(mine))
    return session.scalars(statement.order_by(CorrelationGroup.id.desc()).limit(limit)).all()
