"""Silences as rows, and the facts that end them."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select, text, update
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.model import Issue, SilenceRow
from core.store.paging import Cursor, Keyset, Page

ORDER: Final = Keyset(SilenceRow.id, SilenceRow.id)

_RELEASED: Final = text("""
    SELECT max(at) FROM (
        SELECT min(first_seen) AS at FROM sightings
        WHERE release <> '' AND (CAST(:project AS bigint) IS NULL OR project_id = :project)
        GROUP BY project_id, release
        UNION ALL
        SELECT max(at) FROM deploys
        WHERE kind = 'release' AND (CAST(:project AS bigint) IS NULL OR project_id = :project)
    ) AS releases""")


_KEPT_QUIET: Final = text("""
    SELECT count(*) FROM alert_group_members WHERE :word = ANY (string_to_array(verdict, ' '))""")


class SilenceNotFoundError(NotFoundError):
    """There is no such silence."""

    code = "ML-REF-0075"


def live(session: Session) -> Sequence[SilenceRow]:
    """All that have not ended, oldest first."""
    statement = select(SilenceRow).where(SilenceRow.expired_at.is_(None)).order_by(SilenceRow.id)
    return session.scalars(statement).all()


def get(session: Session, silence_id: int, *, only: int | None = None) -> SilenceRow:
    """`only`: of this project."""
    found = session.get(SilenceRow, silence_id)
    if found is None or only not in {None, found.project_id}:
        raise SilenceNotFoundError(f"There is no silence {silence_id}.", id=silence_id)
    return found


def page(
    session: Session,
    *,
    only: int | None = None,
    ended: bool | None = None,
    cursor: Cursor | None = None,
    limit: int = 100,
) -> Page:
    """Newest first; each row begins with the `SilenceRow`. Those of no project are everybody's."""
    statement = select(SilenceRow)
    if only is not None:
        mine = or_(SilenceRow.project_id == only, SilenceRow.project_id.is_(None))
        statement = statement.where(mine)
    if ended is not None:
        statement = statement.where(SilenceRow.expired_at.is_not(None) == ended)
    return ORDER.page(session, statement, cursor=cursor, limit=limit)


def matched(session: Session, silence_ids: Collection[int], now: datetime) -> None:
    """Each id as often as it kept an alert quiet."""
    for silence_id, times in sorted(Counter(silence_ids).items()):
        more = {"covered": SilenceRow.covered + times, "matched_at": now}
        session.execute(update(SilenceRow).where(SilenceRow.id == silence_id).values(**more))


def kept_quiet(session: Session, silence_id: int) -> int:
    """How many alerts in groups it keeps quiet now."""
    return session.scalar(_KEPT_QUIET, {"word": f"silenced:{silence_id}"}) or 0


def events_of(session: Session, issue_id: int) -> int:
    return session.scalar(select(Issue.event_count).where(Issue.id == issue_id)) or 0


def released_at(session: Session, project_id: int | None) -> datetime | None:
    """When the newest release was first seen, or told of."""
    found: datetime | None = session.scalar(_RELEASED, {"project": project_id})
    return found
