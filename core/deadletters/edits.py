"""What is changed in a letter before it is sent again: versions beside it, the letter stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access import audit
from core.access.audit import Act, Actor
from core.deadletters.content import Content, content
from core.deadletters.letters import get
from core.deadletters.signatures import check, signature
from core.errors import ConflictError, UnprocessableError
from core.model.deadletters import DeadLetter, LetterEdit
from core.store.storable import storable

SUBJECT: Final = "dead_letter"


class LetterClosedError(ConflictError):
    """This dead letter has been replayed or discarded already."""

    code = "ML-DEAD-0002"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What a replay sends instead of what the letter holds; none leaves it as it is."""

    args: Sequence[Any] | None = None
    kwargs: Mapping[str, Any] | None = None
    queue: str | None = None

    def __bool__(self) -> bool:
        return not (self.args is None and self.kwargs is None and self.queue is None)


@dataclass(frozen=True, slots=True)
class Sendable:
    """What a replay of a letter would send now; `content` is none where nobody knows it."""

    letter: DeadLetter
    content: Content | None
    queue: str | None
    version: int = 0


AS_IT_IS: Final = Edit()


def edit(
    session: Session, letter_id: int, changes: Edit, *, actor: Actor, now: datetime
) -> LetterEdit:
    """A new version; refused where the task is ours and would not take the arguments."""
    letter = get(session, letter_id, lock=True)
    if letter.state != "open":
        raise LetterClosedError(letter_id=letter_id)
    made = _made(session, sendable(session, letter), changes)
    made.author, made.made_at = actor.name, now
    session.add(made)
    session.flush()
    act = Act(
        name="edited",
        subject=SUBJECT,
        subject_id=letter_id,
        project_id=letter.project_id,
        detail={"version": made.version},
    )
    audit.record(session, actor, act, now=now)
    return made


def _made(session: Session, before: Sendable, changes: Edit) -> LetterEdit:
    if not changes:
        raise UnprocessableError("Nothing is changed: give `args`, `kwargs` or `queue`.")
    if before.content is None and changes.kwargs is None:
        raise UnprocessableError("The arguments are not known; give `kwargs`.")
    held = before.content or Content()
    args = held.args if changes.args is None else changes.args
    kwargs = held.kwargs if changes.kwargs is None else changes.kwargs
    ours = signature(session, before.letter.task)
    if ours is not None and before.letter.reason != "reported":
        check(ours, args, kwargs)
    return LetterEdit(
        letter_id=before.letter.id,
        version=before.version + 1,
        arguments=storable(Content(args, kwargs).written()),
        queue=changes.queue or before.queue,
    )


def versions(session: Session, letter_id: int) -> Sequence[LetterEdit]:
    """Oldest first."""
    statement = select(LetterEdit).where(LetterEdit.letter_id == letter_id)
    return session.scalars(statement.order_by(LetterEdit.version)).all()


def sendable(session: Session, letter: DeadLetter) -> Sendable:
    newest = (
        select(LetterEdit)
        .where(LetterEdit.letter_id == letter.id)
        .order_by(LetterEdit.version.desc())
        .limit(1)
    )
    found = session.scalar(newest)
    if found is None:
        return Sendable(letter, content(letter), letter.queue)
    args, kwargs = found.arguments["args"], found.arguments["kwargs"]
    return Sendable(letter, Content(args, kwargs), found.queue or letter.queue, found.version)
