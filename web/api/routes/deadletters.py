"""Dead letters: looking at them, changing them, sending them again, putting them away."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from core import deadletters
from core.access.audit import Actor
from core.access.roles import Principal
from core.deadletters import Edit, LetterClosedError, groups
from core.errors import UnprocessableError
from core.store.engine import savepoint
from web.api.acting import Acting
from web.api.auth import CallerAddress, Operator, Reader
from web.api.listing import Listed
from web.api.schemas.deadletters import (
    Change,
    DiscardMany,
    GroupShown,
    LetterDetail,
    LetterQuery,
    LetterShown,
    ManyDiscarded,
    Refused,
    Replayed,
)
from web.api.schemas.shape import Number
from web.api.services import Provided

router = APIRouter(prefix="/deadletters", tags=["deadletters"])

Wanted = Annotated[LetterQuery, Query()]


@router.get("", response_model=list[LetterShown], summary="List dead letters, newest first")
def list_letters(services: Provided, who: Reader, ask: Listed, query: Wanted) -> Sequence[Any]:
    with services.database.transaction() as session:
        page = deadletters.page(session, query.wanted(who), cursor=ask.cursor, limit=ask.limit)
        return [deadletters.masked(letter) for letter in ask.link(page)]


@router.get("/groups", summary="Letters that failed alike, with counts; the newest group first")
def list_groups(services: Provided, who: Reader, ask: Listed, query: Wanted) -> list[GroupShown]:
    where = query.wanted(who).conditions()
    with services.database.transaction() as session:
        page = groups.page(session, where, cursor=ask.cursor, limit=ask.limit)
        ask.link(page)
        return [GroupShown.model_validate(groups.shown(row)) for row in page.rows]


@router.post("/discard", summary="Put away what matches a filter; only open ones")
def discard_letters(
    body: DiscardMany, services: Provided, who: Operator, address: CallerAddress, act: Acting
) -> ManyDiscarded:
    actor, now = Actor(who.name, address), services.clock.now()

    def discard(session: Session) -> ManyDiscarded:
        found = deadletters.chosen(session, body.wanted(who), limit=body.limit)
        discarded: list[str] = []
        refused: list[Refused] = []
        for letter_id in found:
            try:
                with savepoint(session):
                    deadletters.discard(
                        session, letter_id, actor=actor, now=now, close_reason=body.close_reason
                    )
                discarded.append(str(letter_id))
            except (LetterClosedError, UnprocessableError) as error:
                refused.append(Refused(id=str(letter_id), detail=str(error)))
        return ManyDiscarded(discarded=discarded, refused=refused)

    return act.once(ManyDiscarded, discard)


@router.get("/{letter_id}", summary="One dead letter whole, its secrets masked")
def get_letter(letter_id: Number, services: Provided, who: Reader) -> LetterDetail:
    with services.database.transaction() as session:
        return _detail(session, letter_id, who)


@router.patch("/{letter_id}", summary="Change what a replay sends, as a new version beside it")
def edit_letter(
    letter_id: Number, body: Change, services: Provided, who: Operator, address: CallerAddress
) -> LetterDetail:
    changes, actor = Edit(**body.model_dump()), Actor(who.name, address)
    with services.database.transaction() as session:
        deadletters.visible(session, letter_id, only=who.project_id)
        deadletters.edit(session, letter_id, changes, actor=actor, now=services.clock.now())
        return _detail(session, letter_id, who)


@router.post("/{letter_id}/replay", summary="Send it again, as it is or changed")
def replay_letter(
    letter_id: Number,
    *,
    services: Provided,
    who: Operator,
    address: CallerAddress,
    act: Acting,
    body: Change | None = None,
) -> Replayed:
    def replay(session: Session) -> Replayed:
        deadletters.visible(session, letter_id, only=who.project_id)
        work_id = deadletters.replay(
            session,
            letter_id,
            means=services.replaying,
            actor=Actor(who.name, address),
            now=services.clock.now(),
            changes=Edit(**body.model_dump()) if body else Edit(),
        )
        return Replayed(id=str(letter_id), work_id=str(work_id))

    return act.once(Replayed, replay)


@router.delete("/{letter_id}", summary="Put it away, with a reason")
def discard_letter(
    letter_id: Number,
    services: Provided,
    who: Operator,
    address: CallerAddress,
    close_reason: Annotated[str, Query(min_length=1, max_length=1000)] = "by_hand",
) -> LetterDetail:
    actor, now = Actor(who.name, address), services.clock.now()
    with services.database.transaction() as session:
        deadletters.visible(session, letter_id, only=who.project_id)
        deadletters.discard(session, letter_id, actor=actor, now=now, close_reason=close_reason)
        session.expire_all()
        return _detail(session, letter_id, who)


def _detail(session: Session, letter_id: int, who: Principal) -> LetterDetail:
    letter = deadletters.visible(session, letter_id, only=who.project_id)
    return LetterDetail.model_validate(deadletters.whole(session, letter))
