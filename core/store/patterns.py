"""Patterns of messages as rows: what a miner knows, and which issues have which."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.model import Issue, IssuePattern, MessagePattern, PatternAlias, Project
from core.store.paging import MOMENT, WHOLE, Cursor, Keyset, Page

# The lock of a project's patterns is this number and its id.
LOCK: Final = 0x9A77


class PatternNotFoundError(NotFoundError):
    """There is no such pattern."""

    code = "ML-REF-0026"


class Sort(StrEnum):
    """Greatest first."""

    LAST_SEEN = "last_seen"
    EVENTS = "events"


ORDERS: Final = {
    Sort.LAST_SEEN: Keyset(MessagePattern.last_seen, MessagePattern.id, MOMENT),
    Sort.EVENTS: Keyset(MessagePattern.event_count, MessagePattern.id, WHOLE),
}


class Title(NamedTuple):
    issue_id: int
    text: str
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Grown:
    """A pattern as it is after mining. `sample` and `seen` are of a message it was born with."""

    pattern_id: str
    template: str
    form: Sequence[str]
    gaps: str
    opened: Sequence[int]
    messages: int
    sample: str
    seen: datetime


def lock(session: Session, project_id: int) -> bool:
    """Whether nobody else mines this project now; until the transaction ends."""
    wanted = select(func.pg_try_advisory_xact_lock(LOCK, func.hashint8(project_id)))
    return bool(session.scalar(wanted))


def busy_projects(session: Session, since: datetime) -> Sequence[int]:
    """Those with issues that were seen since then."""
    seen = select(Issue.id).where(Issue.project_id == Project.id, Issue.last_seen >= since)
    return session.scalars(select(Project.id).where(seen.exists()).order_by(Project.id)).all()


def new_titles(session: Session, project_id: int, *, limit: int) -> list[Title]:
    """Titles of issues without a pattern, oldest issue first."""
    statement = (
        select(Issue.id, Issue.title, Issue.last_seen)
        .outerjoin(IssuePattern, IssuePattern.issue_id == Issue.id)
        .where(Issue.project_id == project_id, IssuePattern.issue_id.is_(None))
        .order_by(Issue.id)
        .limit(limit)
    )
    return [Title(*row) for row in session.execute(statement)]


def known(session: Session, project_id: int) -> Sequence[MessagePattern]:
    """Oldest first."""
    statement = select(MessagePattern).where(MessagePattern.project_id == project_id)
    return session.scalars(statement.order_by(MessagePattern.id)).all()


def aliases(session: Session, project_id: int) -> dict[str, str]:
    """Which id leads to which."""
    statement = (
        select(PatternAlias.alias, MessagePattern.pattern_id)
        .join(MessagePattern, MessagePattern.id == PatternAlias.pattern)
        .where(PatternAlias.project_id == project_id)
    )
    return dict(session.execute(statement).all())


def keep(
    session: Session, project_id: int, grown: Iterable[Grown], *, now: datetime
) -> dict[str, int]:
    """Writes patterns that are new or have changed; the row of each."""
    rows = [
        {
            "project_id": project_id,
            "pattern_id": each.pattern_id,
            "template": each.template,
            "form": list(each.form),
            "gaps": each.gaps,
            "opened": list(each.opened),
            "sample": each.sample,
            "messages": each.messages,
            "issue_count": 0,
            "event_count": 0,
            "first_seen": each.seen,
            "last_seen": each.seen,
            "created_at": now,
        }
        for each in grown
    ]
    statement = insert(MessagePattern)
    changed = ("template", "form", "opened", "messages")
    returned = statement.on_conflict_do_update(
        index_elements=["project_id", "pattern_id"],
        set_={name: statement.excluded[name] for name in changed},
    ).returning(MessagePattern.pattern_id, MessagePattern.id)
    return dict(session.execute(returned, rows).all()) if rows else {}


def join(session: Session, project_id: int, merged: Mapping[str, str]) -> None:
    """Patterns that went into older ones: their issues and aliases go there, their ids stay."""
    rows = _rows(session, project_id, {*merged, *merged.values()})
    for alias, into in merged.items():
        target, source = rows[into], rows.get(alias)
        if source is not None:
            for table in (IssuePattern, PatternAlias):
                moved = update(table).where(table.pattern == source).values(pattern=target)
                session.execute(moved)
            session.execute(delete(MessagePattern).where(MessagePattern.id == source))
        session.add(PatternAlias(project_id=project_id, alias=alias, pattern=target))
    session.flush()


def _rows(session: Session, project_id: int, pattern_ids: Collection[str]) -> dict[str, int]:
    statement = select(MessagePattern.pattern_id, MessagePattern.id).where(
        MessagePattern.project_id == project_id, MessagePattern.pattern_id.in_(pattern_ids)
    )
    return dict(session.execute(statement).all())


def assign(session: Session, patterns: Mapping[int, int]) -> None:
    """`patterns`: the row of its pattern by issue."""
    rows = [{"issue_id": issue_id, "pattern": row} for issue_id, row in patterns.items()]
    if rows:
        session.execute(insert(IssuePattern).on_conflict_do_nothing(), rows)


def forget(session: Session, project_id: int, pattern_ids: Collection[str]) -> None:
    session.execute(
        delete(MessagePattern).where(
            MessagePattern.project_id == project_id, MessagePattern.pattern_id.in_(pattern_ids)
        )
    )


_RECOUNT: Final = text("""
    WITH counted AS (
        SELECT pattern, count(*) AS issues, sum(event_count) AS events,
            min(first_seen) AS first_seen, max(last_seen) AS last_seen
        FROM issue_patterns JOIN issues ON issues.id = issue_id
        WHERE project_id = :project_id AND pattern IS NOT NULL
        GROUP BY pattern
    )
    UPDATE patterns
    SET issue_count = issues, event_count = events,
        first_seen = counted.first_seen, last_seen = counted.last_seen
    FROM counted
    WHERE patterns.id = pattern
        AND (issue_count, event_count, patterns.first_seen, patterns.last_seen)
            IS DISTINCT FROM (issues, events, counted.first_seen, counted.last_seen)
""")
_ABANDONED: Final = text("""
    DELETE FROM patterns
    WHERE project_id = :project_id
        AND NOT EXISTS (SELECT FROM issue_patterns WHERE pattern = patterns.id)
""")


def recount(session: Session, project_id: int) -> None:
    """Sums and moments as the issues have them now; patterns whose issues are gone go."""
    session.execute(_RECOUNT, {"project_id": project_id})
    session.execute(_ABANDONED, {"project_id": project_id})


def page(
    session: Session,
    *,
    projects: Sequence[int] = (),
    query: str = "",
    sort: Sort = Sort.LAST_SEEN,
    cursor: Cursor | None = None,
    limit: int = 50,
) -> Page:
    """Each row begins with the `MessagePattern`. Of `query` every word must be in the template."""
    statement = select(MessagePattern)
    if projects:
        statement = statement.where(MessagePattern.project_id.in_(projects))
    for word in query.split():
        statement = statement.where(MessagePattern.template.icontains(word, autoescape=True))
    return ORDERS[sort].page(session, statement, cursor=cursor, limit=limit)


def of_project(session: Session, row: int, project_id: int | None) -> MessagePattern:
    """A pattern of another project than the caller may see is not there for him."""
    found = session.get(MessagePattern, row)
    if found is None or (project_id is not None and found.project_id != project_id):
        raise PatternNotFoundError(f"There is no pattern {row}.", pattern=row)
    return found


def issues(session: Session, row: int, *, limit: int = 100) -> Sequence[Issue]:
    """Those with the most events first."""
    statement = (
        select(Issue)
        .join(IssuePattern, IssuePattern.issue_id == Issue.id)
        .where(IssuePattern.pattern == row)
        .order_by(Issue.event_count.desc(), Issue.id)
        .limit(limit)
    )
    return session.scalars(statement).all()


def former_ids(session: Session, row: int) -> Sequence[str]:
    statement = select(PatternAlias.alias).where(PatternAlias.pattern == row)
    return session.scalars(statement.order_by(PatternAlias.alias)).all()
