"""Dead letters as people look for them, with the secrets in them masked."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.intake.scrub import clean, scrub
from core.model.deadletters import DeadLetter
from core.store.paging import Cursor, Keyset, Page


class LetterNotFoundError(NotFoundError):
    """There is no such dead letter."""

    code = "ML-REF-0018"


NEWEST_FIRST: Final = Keyset(DeadLetter.id, DeadLetter.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFilter:
    """Empty means all. Of each field any value will do; of `query` every word must be found."""

    ids: Sequence[int] = ()
    projects: Sequence[int] = ()
    states: Sequence[str] = ()
    tasks: Sequence[str] = ()
    reasons: Sequence[str] = ()
    fingerprints: Sequence[str] = ()
    query: str = ""

    def conditions(self) -> list[ColumnElement[bool]]:
        choices = (
            (DeadLetter.id, self.ids),
            (DeadLetter.project_id, self.projects),
            (DeadLetter.state, self.states),
            (DeadLetter.task, self.tasks),
            (DeadLetter.reason, self.reasons),
            (DeadLetter.fingerprint, self.fingerprints),
        )
        chosen = [column.in_(values) for column, values in choices if values]
        return [*chosen, *map(_contains, self.query.split())]


def _contains(word: str) -> ColumnElement[bool]:
    columns = (DeadLetter.task, DeadLetter.error_type, DeadLetter.message, DeadLetter.error_code)
    return or_(*(column.icontains(word, autoescape=True) for column in columns))


def page(
    session: Session, wanted: LetterFilter, *, cursor: Cursor | None = None, limit: int = 50
) -> Page:
    """Each row begins with the `DeadLetter`, newest first."""
    statement = select(DeadLetter).where(*wanted.conditions())
    return NEWEST_FIRST.page(session, statement, cursor=cursor, limit=limit)


def chosen(session: Session, wanted: LetterFilter, *, limit: int) -> Sequence[int]:
    """The ids behind a filter, oldest first, for an action on many."""
    statement = select(DeadLetter.id).where(*wanted.conditions()).order_by(DeadLetter.id)
    return session.scalars(statement.limit(limit)).all()


def get(session: Session, letter_id: int) -> DeadLetter:
    found = session.get(DeadLetter, letter_id)
    if found is None:
        raise LetterNotFoundError(f"There is no dead letter {letter_id}.", letter_id=letter_id)
    return found


def visible(session: Session, letter_id: int, *, only: int | None) -> DeadLetter:
    """As `get`; for who may see `only` one project the letters of others are not there."""
    letter = get(session, letter_id)
    if only is not None and letter.project_id != only:
        raise LetterNotFoundError(f"There is no dead letter {letter_id}.", letter_id=letter_id)
    return letter


def masked(letter: DeadLetter) -> dict[str, Any]:
    """Every field for a person to look at; what a replay sends is the letter itself."""
    fields: dict[str, Any] = {
        name: getattr(letter, name)
        for name in DeadLetter.__table__.columns.keys()  # noqa: SIM118
    }
    raw: bytes | None = fields.pop("raw")
    shown = {name: _masked(value) for name, value in fields.items()}
    shown["raw"] = clean(raw.decode("utf-8", "backslashreplace")) if raw is not None else None
    return shown


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping | list):
        event = {"extra": {"value": copy.deepcopy(value)}}
        scrub(event)
        return event["extra"]["value"]
    return value
