"""Dead letters as people look for them: one filter, whether over the shell or over HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from core.deadletters.groups import assign
from core.errors import NotFoundError
from core.model.deadletters import DeadLetter
from core.store.paging import Cursor, Keyset, Page


class LetterNotFoundError(NotFoundError):
    """There is no such dead letter."""

    code = "ML-REF-0027"


NEWEST_FIRST: Final = Keyset(DeadLetter.id, DeadLetter.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFilter:
    """Empty means all. Of each field any value will do; of `query` every word must be found.

    `since` and `until` bound the moment of capture, the second one without itself.
    """

    ids: Sequence[int] = ()
    projects: Sequence[int] = ()
    states: Sequence[str] = ()
    tasks: Sequence[str] = ()
    reasons: Sequence[str] = ()
    queues: Sequence[str] = ()
    groups: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    query: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        choices: tuple[tuple[Any, Sequence[Any]], ...] = (
            (DeadLetter.id, self.ids),
            (DeadLetter.project_id, self.projects),
            (DeadLetter.state, self.states),
            (DeadLetter.task, self.tasks),
            (DeadLetter.reason, self.reasons),
            (DeadLetter.queue, self.queues),
            (DeadLetter.fingerprint, self.groups),
        )
        chosen = [column.in_(values) for column, values in choices if values]
        if self.since is not None:
            chosen.append(DeadLetter.created_at >= self.since)
        if self.until is not None:
            chosen.append(DeadLetter.created_at < self.until)
        return [*chosen, *map(_contains, self.query.split())]

    @property
    def narrows(self) -> bool:
        """A filter of nothing but a project or a state is no choice for an act on many."""
        lists = (self.ids, self.tasks, self.reasons, self.queues, self.groups)
        return any(lists) or bool(self.query.split() or self.since or self.until)

    def written(self) -> dict[str, Any]:
        """As JSON, in the words of the API."""
        fields: dict[str, Any] = {
            "id": [str(each) for each in self.ids],
            "project": [str(each) for each in self.projects],
            "state": list(self.states),
            "task": list(self.tasks),
            "reason": list(self.reasons),
            "queue": list(self.queues),
            "group": list(self.groups),
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "query": self.query,
        }
        return {name: value for name, value in fields.items() if value}

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Self:
        return cls(
            ids=[int(each) for each in written.get("id", ())],
            projects=[int(each) for each in written.get("project", ())],
            states=written.get("state", ()),
            tasks=written.get("task", ()),
            reasons=written.get("reason", ()),
            queues=written.get("queue", ()),
            groups=written.get("group", ()),
            since=_moment(written.get("since")),
            until=_moment(written.get("until")),
            query=written.get("query", ""),
        )


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)


def _contains(word: str) -> ColumnElement[bool]:
    columns = (DeadLetter.task, DeadLetter.error_type, DeadLetter.message, DeadLetter.error_code)
    return or_(*(column.icontains(word, autoescape=True) for column in columns))


def page(
    session: Session, wanted: LetterFilter, *, cursor: Cursor | None = None, limit: int = 50
) -> Page:
    """Each row begins with the `DeadLetter`, newest first."""
    assign(session)
    statement = select(DeadLetter).where(*wanted.conditions())
    return NEWEST_FIRST.page(session, statement, cursor=cursor, limit=limit)


def chosen(session: Session, wanted: LetterFilter, *, limit: int) -> Sequence[int]:
    """The ids behind a filter, oldest first, for an action on many."""
    assign(session)
    statement = select(DeadLetter.id).where(*wanted.conditions()).order_by(DeadLetter.id)
    return session.scalars(statement.limit(limit)).all()


def count(session: Session, wanted: LetterFilter) -> int:
    assign(session)
    statement = select(func.count()).select_from(DeadLetter).where(*wanted.conditions())
    return session.scalars(statement).one()


def get(session: Session, letter_id: int, *, lock: bool = False) -> DeadLetter:
    """`lock`: until the end of the transaction nobody else closes it."""
    found = session.get(DeadLetter, letter_id, with_for_update=lock, populate_existing=lock)
    if found is None:
        raise LetterNotFoundError(f"There is no dead letter {letter_id}.", letter_id=letter_id)
    return found


def visible(session: Session, letter_id: int, *, only: int | None) -> DeadLetter:
    """As `get`; for who may see `only` one project the letters of others are not there."""
    letter = get(session, letter_id)
    if only is not None and letter.project_id != only:
        raise LetterNotFoundError(f"There is no dead letter {letter_id}.", letter_id=letter_id)
    return letter
