"""Dead letters: looking at them, sending them again, putting them away."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from core import deadletters
from core.access.roles import Principal
from core.deadletters import Edit, LetterClosedError
from core.errors import UnprocessableError
from core.store.engine import savepoint
from web.api.acting import Acting
from web.api.auth import Operator, Reader
from web.api.listing import Listed
from web.api.schemas.deadletters import (
    LetterDetail,
    LetterQuery,
    LetterShown,
    ManyReplayed,
    Refused,
    Replay,
    Replayed,
    ReplayMany,
)
from web.api.schemas.shape import Number
from web.api.services import Provided, Services

router = APIRouter(prefix="/deadletters", tags=["deadletters"])


@router.get("", response_model=list[LetterShown], summary="List dead letters, newest first")
def list_letters(
    services: Provided, who: Reader, ask: Listed, query: Annotated[LetterQuery, Query()]
) -> Sequence[Any]:
    with services.database.transaction() as session:
        page = deadletters.page(session, query.wanted(who), cursor=ask.cursor, limit=ask.limit)
        return [deadletters.masked(letter) for letter in ask.link(page)]


@router.post("/replay", summary="Send again what matches a filter; only open ones are sent")
def replay_letters(
    body: ReplayMany, services: Provided, who: Operator, act: Acting
) -> ManyReplayed:
    def replay(session: Session) -> ManyReplayed:
        found = deadletters.chosen(session, body.wanted(who), limit=body.limit)
        replayed: list[str] = []
        refused: list[Refused] = []
        for letter_id in found:
            try:
                with savepoint(session):
                    _replay(services, session, letter_id, who=who)
                replayed.append(str(letter_id))
            except (LetterClosedError, UnprocessableError) as error:
                refused.append(Refused(id=str(letter_id), detail=str(error)))
        return ManyReplayed(replayed=replayed, refused=refused)

    return act.once(ManyReplayed, replay)


@router.get("/{letter_id}", summary="One dead letter, its secrets masked")
def get_letter(letter_id: Number, services: Provided, who: Reader) -> LetterDetail:
    with services.database.transaction() as session:
        return _detail(session, letter_id, who)


@router.post("/{letter_id}/replay", summary="Send it again, as it is or changed")
def replay_letter(
    letter_id: Number, services: Provided, who: Operator, act: Acting, body: Replay | None = None
) -> Replayed:
    def replay(session: Session) -> Replayed:
        deadletters.visible(session, letter_id, only=who.project_id)
        edit = Edit(**body.model_dump()) if body else Edit()
        work_id = _replay(services, session, letter_id, who=who, edit=edit)
        return Replayed(id=str(letter_id), work_id=str(work_id))

    return act.once(Replayed, replay)


@router.delete("/{letter_id}", summary="Put it away, with a reason")
def discard_letter(
    letter_id: Number,
    services: Provided,
    who: Operator,
    reason: Annotated[str, Query(min_length=1, max_length=1000)] = "by_hand",
) -> LetterDetail:
    with services.database.transaction() as session:
        deadletters.visible(session, letter_id, only=who.project_id)
        now = services.clock.now()
        deadletters.discard(session, letter_id, by=who.name, now=now, reason=reason)
        session.expire_all()
        return _detail(session, letter_id, who)


def _detail(session: Session, letter_id: int, who: Principal) -> LetterDetail:
    letter = deadletters.visible(session, letter_id, only=who.project_id)
    return LetterDetail.model_validate(deadletters.masked(letter))


def _replay(
    services: Services,
    session: Session,
    letter_id: int,
    *,
    who: Principal,
    edit: Edit | None = None,
) -> int:
    return deadletters.replay(
        session,
        letter_id,
        by=who.name,
        now=services.clock.now(),
        add=services.ledger.add,
        edit=edit or Edit(),
    )
