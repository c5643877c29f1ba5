"""Merges that are suggested: looked at, accepted or dismissed by people."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from core.insight import suggestions
from web.api.acting import Acting
from web.api.auth import Operator, Reader
from web.api.listing import Listed
from web.api.schemas.insight import SuggestionQuery, SuggestionShown
from web.api.schemas.shape import Number
from web.api.services import Provided

router = APIRouter(prefix="/merge-suggestions", tags=["merge-suggestions"])


@router.get("", response_model=list[SuggestionShown], summary="Suggested merges, newest first")
def list_suggestions(
    services: Provided,
    who: Reader,
    ask: Listed,
    query: Annotated[SuggestionQuery, Query()],
) -> Sequence[Any]:
    with services.database.transaction() as session:
        page = suggestions.page(
            session,
            project_id=query.only(who),
            state=query.state,
            cursor=ask.cursor,
            limit=ask.limit,
        )
        return ask.link(page)


@router.post("/{suggestion_id}/accept", summary="Merge the two issues; unmerge undoes it")
def accept_suggestion(
    suggestion_id: Number, services: Provided, who: Operator, act: Acting
) -> SuggestionShown:
    def accept(session: Session) -> SuggestionShown:
        found = suggestions.get(session, suggestion_id, who.project_id)
        now = services.clock.now()
        done = suggestions.accept(session, found, actor=who.name, now=now)
        return SuggestionShown.model_validate(done)

    return act.once(SuggestionShown, accept)


@router.post("/{suggestion_id}/dismiss", summary="Never suggest to merge these two again")
def dismiss_suggestion(
    suggestion_id: Number, services: Provided, who: Operator, act: Acting
) -> SuggestionShown:
    def dismiss(session: Session) -> SuggestionShown:
        found = suggestions.get(session, suggestion_id, who.project_id)
        now = services.clock.now()
        done = suggestions.dismiss(session, found, actor=who.name, now=now)
        return SuggestionShown.model_validate(done)

    return act.once(SuggestionShown, dismiss)
