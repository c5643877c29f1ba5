"""Patterns of messages: which issues are called alike, once values are left out."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query

from core.store import patterns
from web.api.auth import Reader
from web.api.listing import Listed
from web.api.schemas.issues import IssueShown
from web.api.schemas.patterns import PatternDetail, PatternQuery, PatternShown
from web.api.schemas.shape import Number
from web.api.services import Provided

router = APIRouter(prefix="/patterns", tags=["patterns"])


@router.get("", response_model=list[PatternShown], summary="List patterns of messages")
def list_patterns(
    services: Provided, who: Reader, ask: Listed, query: Annotated[PatternQuery, Query()]
) -> Sequence[Any]:
    with services.database.transaction() as session:
        page = patterns.page(
            session,
            projects=query.projects(who),
            query=query.query,
            sort=query.sort,
            cursor=ask.cursor,
            limit=ask.limit,
        )
        return ask.link(page)


@router.get("/{pattern}", summary="One pattern with its issues")
def get_pattern(pattern: Number, services: Provided, who: Reader) -> PatternDetail:
    with services.database.transaction() as session:
        found = patterns.of_project(session, pattern, who.project_id)
        return PatternDetail(
            **PatternShown.model_validate(found).model_dump(),
            former_ids=list(patterns.former_ids(session, found.id)),
            issues=[IssueShown.model_validate(each) for each in patterns.issues(session, found.id)],
        )
