"""Issues: finding them, and changing their state by hand."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from core.access.roles import Principal
from core.errors import UnprocessableError
from core.issues import lifecycle, merging
from core.issues.lifecycle import Change
from core.issues.merging import AlreadyMergedError
from core.issues.states import Status
from core.store import events, issues
from web.api.acting import Acting
from web.api.auth import Operator, Reader
from web.api.listing import Listed
from web.api.schemas.events import EventSummary
from web.api.schemas.issues import (
    Changed,
    IssueChange,
    IssueDetail,
    IssueQuery,
    IssueShown,
    Merge,
    TransitionShown,
)
from web.api.schemas.shape import Number, NumberText
from web.api.services import Provided

router = APIRouter(prefix="/issues", tags=["issues"])
MOST_AT_ONCE = 1_000


def _detail(session: Session, issue_id: int) -> IssueDetail:
    shown = IssueShown.model_validate(issues.get(session, issue_id))
    _, *merged = sorted(issues.family(session, issue_id), key=lambda each: each != issue_id)
    history = issues.transitions(session, issue_id)
    return IssueDetail(
        **shown.model_dump(),
        issue_keys=issues.keys(session, [issue_id])[issue_id],
        merged=[str(each) for each in merged],
        transitions=[TransitionShown.model_validate(each) for each in history],
    )


def _change(body: IssueChange, who: Principal) -> Change:
    return Change(
        new=Status(body.status),
        actor=who.name,
        reason=body.reason or "by_hand",
        ignored_until=body.ignored_until,
    )


@router.get("", response_model=list[IssueShown], summary="List issues")
def list_issues(
    services: Provided, who: Reader, ask: Listed, query: Annotated[IssueQuery, Query()]
) -> Sequence[Any]:
    wanted = query.wanted(who)
    with services.database.transaction() as session:
        page = issues.page(session, wanted, sort=query.sort, cursor=ask.cursor, limit=ask.limit)
        return ask.link(page)


@router.put("", summary="Change the state of many issues, by their ids or by a filter")
def change_issues(
    body: IssueChange,
    services: Provided,
    who: Operator,
    query: Annotated[IssueQuery, Query()],
    ids: Annotated[list[NumberText], Query(alias="id", max_length=MOST_AT_ONCE)] = [],  # noqa: B006
) -> Changed:
    if not ids and not query.narrows:
        raise UnprocessableError("Name issues with `id`, or at least one filter.")
    wanted = query.wanted(who, [int(each) for each in ids])
    with services.database.transaction() as session:
        found = issues.chosen(session, wanted, limit=MOST_AT_ONCE)
        changed = lifecycle.change(session, found, _change(body, who), now=services.clock.now())
    return Changed(changed=[str(each.issue_id) for each in changed])


@router.get("/{issue_id}", summary="One issue with its keys and history")
def get_issue(issue_id: Number, services: Provided, who: Reader) -> IssueDetail:
    with services.database.transaction() as session:
        return _detail(session, issues.of_project(session, issue_id, who.project_id).id)


@router.patch("/{issue_id}", summary="Change the state of an issue")
def change_issue(
    issue_id: Number, body: IssueChange, services: Provided, who: Operator
) -> IssueDetail:
    with services.database.transaction() as session:
        issue = issues.of_project(session, issue_id, who.project_id)
        if issue.merged_into is not None:
            raise AlreadyMergedError(issue_id=issue.id)
        lifecycle.change(session, [issue.id], _change(body, who), now=services.clock.now())
        return _detail(session, issue.id)


@router.get(
    "/{issue_id}/events", response_model=list[EventSummary], summary="Its events, newest first"
)
def list_events(issue_id: Number, services: Provided, who: Reader, ask: Listed) -> Sequence[Any]:
    with services.database.transaction() as session:
        issue = issues.of_project(session, issue_id, who.project_id)
        family = issues.family(session, issue.id)
        return ask.link(events.of_issues(session, family, cursor=ask.cursor, limit=ask.limit))


@router.post("/{issue_id}/merge", summary="This issue takes others over")
def merge_issues(
    issue_id: Number, body: Merge, services: Provided, who: Operator, act: Acting
) -> IssueDetail:
    def merge(session: Session) -> IssueDetail:
        sources = [int(each) for each in body.issues]
        for each in (issue_id, *sources):
            issues.of_project(session, each, who.project_id)
        now = services.clock.now()
        return _detail(
            session, merging.merge(session, issue_id, sources, actor=who.name, now=now).id
        )

    return act.once(IssueDetail, merge)


@router.post("/{issue_id}/unmerge", summary="A merged issue becomes its own again")
def unmerge_issue(issue_id: Number, services: Provided, who: Operator, act: Acting) -> IssueDetail:
    def unmerge(session: Session) -> IssueDetail:
        issue = issues.of_project(session, issue_id, who.project_id)
        parted = merging.unmerge(session, issue.id, actor=who.name, now=services.clock.now())
        return _detail(session, parted.id)

    return act.once(IssueDetail, unmerge)
