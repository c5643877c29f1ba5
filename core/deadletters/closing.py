"""How a dead letter is closed: sent again as a new piece of work, or put away with a reason."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from core.access import audit
from core.access.audit import Act, Actor
from core.deadletters.edits import AS_IT_IS, SUBJECT, Edit, LetterClosedError, edit, sendable
from core.deadletters.letters import get
from core.deadletters.orders import Means, ordered
from core.model.deadletters import DeadLetter

AT_ONCE: Final = timedelta(0)
_CLOSE: Final = (
    update(DeadLetter)
    .where(DeadLetter.id == bindparam("letter_id"), DeadLetter.state == "open")
    .values(
        state=bindparam("new"),
        closed_at=bindparam("now"),
        closed_by=bindparam("by"),
        close_reason=bindparam("why"),
        replayed_as=bindparam("work"),
    )
    .returning(DeadLetter.id)
    .execution_options(synchronize_session=False)
)
_REOPEN: Final = (
    update(DeadLetter)
    .where(DeadLetter.id == bindparam("letter_id"), DeadLetter.replayed_as == bindparam("work"))
    .values(
        state="open",
        closed_at=None,
        closed_by=None,
        close_reason=None,
        replayed_as=None,
    )
    .execution_options(synchronize_session=False)
)


def replay(
    session: Session,
    letter_id: int,
    *,
    means: Means,
    actor: Actor,
    now: datetime,
    changes: Edit = AS_IT_IS,
    after: timedelta = AT_ONCE,
) -> int:
    """Closes the letter and adds the work in one transaction; the id of the work.

    The work is due `after` so long: at once by the ledger's own clock, from which `now`, of the
    host that was asked, may differ. A change becomes a version of the letter first, so that what
    was sent can be seen afterwards.
    """
    letter = get(session, letter_id, lock=True)
    if letter.state != "open":
        raise LetterClosedError(letter_id=letter_id)
    if changes:
        edit(session, letter_id, changes, actor=actor, now=now)
    due = now + after if after else None
    work_id = ordered(session, sendable(session, letter), means=means, due=due)
    _close(session, letter, actor, now=now, new="replayed", work=work_id)
    return work_id


def discard(
    session: Session, letter_id: int, *, actor: Actor, now: datetime, close_reason: str
) -> None:
    letter = get(session, letter_id)
    _close(session, letter, actor, now=now, new="discarded", why=close_reason)


def reopen(session: Session, letter_id: int, *, work_id: int, actor: Actor, now: datetime) -> None:
    """After its replay was taken back before it began."""
    session.execute(_REOPEN, {"letter_id": letter_id, "work": work_id})
    _record(session, get(session, letter_id), actor, "reopened", now, work_id=str(work_id))


def _close(
    session: Session, letter: DeadLetter, actor: Actor, *, now: datetime, **values: Any
) -> None:
    known = {"why": None, "work": None, **values, "now": now, "by": actor.name}
    if session.execute(_CLOSE, {**known, "letter_id": letter.id}).first() is None:
        raise LetterClosedError(letter_id=letter.id)
    told = {"close_reason": known["why"]} if known["why"] else {}
    told |= {"work_id": str(known["work"])} if known["work"] else {}
    _record(session, letter, actor, known["new"], now, **told)


def _record(
    session: Session, letter: DeadLetter, actor: Actor, name: str, now: datetime, **detail: Any
) -> None:
    act = Act(
        name=name,
        subject=SUBJECT,
        subject_id=letter.id,
        project_id=letter.project_id,
        detail=detail,
    )
    audit.record(session, actor, act, now=now)
