"""Recoveries: what the platform does about failures, and what people say to it."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse
from sqlalchemy.orm import Session

from core.access.audit import Actor
from core.access.roles import Principal
from core.recovery import report
from core.recovery.hearing import Hearing
from core.recovery.report import GivenUp
from core.store import kpis
from core.store import recovery as rows
from core.store.kpis import Kpis
from web.api.acting import Acting
from web.api.auth import CallerAddress, Operator, Reader
from web.api.listing import Listed
from web.api.schemas.recoveries import (
    RecoveryDetail,
    RecoveryQuery,
    RecoveryShown,
    ReportQuery,
    ReportShown,
    RunWord,
    Word,
)
from web.api.schemas.shape import Number, before
from web.api.services import Provided, Services

router = APIRouter(prefix="/recoveries", tags=["recoveries"])

AWAITING = "awaiting_approval"


class Markdown(PlainTextResponse):
    media_type = "text/markdown"


Period = Annotated[ReportQuery, Query()]


@router.get("", response_model=list[RecoveryShown], summary="List recoveries, newest first")
def list_recoveries(
    services: Provided, who: Reader, ask: Listed, query: Annotated[RecoveryQuery, Query()]
) -> Sequence[Any]:
    own = [int(each) for each in query.project]
    wanted = rows.Wanted(
        projects=own if who.project_id is None else [who.project_id],
        states=[AWAITING] if query.pending else query.state,
        components=query.component,
        categories=query.category,
        issues=[int(each) for each in query.issue],
    )
    with services.database.transaction() as session:
        return ask.link(rows.page(session, wanted, cursor=ask.cursor, limit=ask.limit))


@router.get("/report", summary="Key figures of a period, a week by default")
def get_report(services: Provided, who: Reader, period: Period) -> ReportShown:
    found, unhelped = _reported(services, who, period)
    return ReportShown.model_validate(report.as_json(found, unhelped))


@router.get("/report.md", response_class=Markdown, summary="The same for people")
def get_report_for_people(services: Provided, who: Reader, period: Period) -> Markdown:
    return Markdown(report.as_markdown(*_reported(services, who, period)))


def _hearing(services: Services, who: Principal, address: str | None) -> Hearing:
    actor, now = Actor(who.name, address), services.clock.now()
    return Hearing(services.engine(), actor, now, who.project_id)


def _reported(
    services: Services, who: Principal, period: ReportQuery
) -> tuple[Kpis, list[GivenUp]]:
    until = period.until or services.clock.now()
    since = period.since or before(until, report.WEEK)
    with services.database.transaction() as session:
        found = kpis.of(session, since=since, until=until, project_id=who.project_id)
        return found, report.given_up(session, found, project_id=who.project_id)


@router.get("/{recovery_id}", summary="One recovery with its attempts and its verification")
def get_recovery(recovery_id: Number, services: Provided, who: Reader) -> RecoveryDetail:
    with services.database.transaction() as session:
        found = rows.get(session, recovery_id, project_id=who.project_id)
        return RecoveryDetail.whole(session, found)


@router.post("/{recovery_id}/approve", summary="Let what waits be done")
def approve_recovery(
    recovery_id: Number,
    body: Word,
    *,
    services: Provided,
    who: Operator,
    address: CallerAddress,
    act: Acting,
) -> RecoveryDetail:
    """It is ordered if the other guards let it pass now; else it goes on waiting, and the last of
    its attempts says why.
    """
    hearing = _hearing(services, who, address)

    def approve(session: Session) -> RecoveryDetail:
        return RecoveryDetail.whole(session, hearing.approve(session, recovery_id, body.why))

    return act.once(RecoveryDetail, approve)


@router.post("/{recovery_id}/reject", summary="Refuse what waits, for good")
def reject_recovery(
    recovery_id: Number,
    body: Word,
    *,
    services: Provided,
    who: Operator,
    address: CallerAddress,
    act: Acting,
) -> RecoveryDetail:
    hearing = _hearing(services, who, address)

    def reject(session: Session) -> RecoveryDetail:
        return RecoveryDetail.whole(session, hearing.reject(session, recovery_id, body.why))

    return act.once(RecoveryDetail, reject)


@router.post("/{recovery_id}/run", summary="Try it on a person's word, as a new recovery")
def run_recovery(
    recovery_id: Number,
    body: RunWord,
    *,
    services: Provided,
    who: Operator,
    address: CallerAddress,
    act: Acting,
) -> RecoveryDetail:
    hearing = _hearing(services, who, address)

    def run(session: Session) -> RecoveryDetail:
        made = hearing.run(session, recovery_id, body.why, body.strategy)
        return RecoveryDetail.whole(session, made)

    return act.once(RecoveryDetail, run)
