"""Replay runs: many dead letters sent again in small batches."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session

from core import deadletters
from core.access.audit import Actor
from core.deadletters import replays
from web.api.acting import Acting
from web.api.auth import CallerAddress, Operator, Reader
from web.api.listing import Listed
from web.api.schemas.replays import (
    PreviewShown,
    ReplayAnswer,
    ReplayMany,
    RunDetail,
    RunShown,
)
from web.api.schemas.shape import Number
from web.api.services import Provided

router = APIRouter(prefix="/deadletters", tags=["deadletters"])


@router.post("/replay", summary="Send again what matches a filter, in a run of small batches")
def replay_letters(
    body: ReplayMany, services: Provided, who: Operator, address: CallerAddress, act: Acting
) -> ReplayAnswer:
    wanted, means, now = body.wanted(who), services.replaying, services.clock.now()

    def begin(session: Session) -> ReplayAnswer:
        if body.dry_run:
            told = deadletters.preview(session, wanted, body.pace, means=means, now=now)
            return ReplayAnswer(preview=PreviewShown.of(told))
        run = replays.start(
            session,
            wanted,
            body.pace,
            means=means,
            actor=Actor(who.name, address),
            now=now,
            project_id=who.project_id,
        )
        return ReplayAnswer(run=RunShown.model_validate(run))

    return act.once(ReplayAnswer, begin)


@router.get("/replays", response_model=list[RunShown], summary="List replay runs, newest first")
def list_runs(services: Provided, who: Reader, ask: Listed) -> Sequence[Any]:
    with services.database.transaction() as session:
        page = replays.page(session, only=who.project_id, cursor=ask.cursor, limit=ask.limit)
        return ask.link(page)


@router.get("/replays/{run_id}", summary="One replay run")
def get_run(run_id: Number, services: Provided, who: Reader) -> RunDetail:
    with services.database.transaction() as session:
        run = replays.get(session, run_id, only=who.project_id)
        return RunDetail.model_validate(replays.whole(session, run))


@router.post("/replays/{run_id}/stop", summary="Stop it; what has not begun is taken back")
def stop_run(
    run_id: Number, services: Provided, who: Operator, address: CallerAddress, act: Acting
) -> RunShown:
    def stop(session: Session) -> RunShown:
        replays.get(session, run_id, only=who.project_id)
        run = replays.stop(
            session,
            run_id,
            means=services.replaying,
            actor=Actor(who.name, address),
            now=services.clock.now(),
        )
        return RunShown.model_validate(run)

    return act.once(RunShown, stop)
