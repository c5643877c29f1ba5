"""Sagas: begun, looked at, cancelled, and resumed where undoing them got stuck."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from core.access.audit import Act as Audited
from core.access.audit import Actor, record
from core.model import Saga
from core.sagas import rows
from web.api.acting import Acting
from web.api.auth import CallerAddress, PlatformOperator, PlatformReader
from web.api.listing import Listed
from web.api.schemas.sagas import SagaDetail, SagaQuery, SagaShown, SagaStart, SagaStepShown
from web.api.schemas.shape import Number
from web.api.services import Provided, Services

router = APIRouter(prefix="/sagas", tags=["sagas"])

Wanted = Annotated[SagaQuery, Query()]


@router.get("", response_model=list[SagaShown], summary="List sagas, newest first")
def list_sagas(
    services: Provided, _who: PlatformReader, ask: Listed, query: Wanted
) -> Sequence[Any]:
    with services.database.transaction() as session:
        return ask.link(rows.page(session, query.wanted(), cursor=ask.cursor, limit=ask.limit))


@router.get("/{saga_id}", summary="One saga with the steps that were done and undone")
def get_saga(saga_id: Number, services: Provided, _who: PlatformReader) -> SagaDetail:
    with services.database.transaction() as session:
        return detail(session, saga_id)


@router.post("", status_code=201, summary="Begin a saga")
def start_saga(
    body: SagaStart, services: Provided, who: PlatformOperator, address: CallerAddress, act: Acting
) -> SagaShown:
    def start(session: Session) -> Saga:
        saga_id = services.sagas.ask_for(
            session, body.name, body.arguments, unique_key=body.unique_key
        )
        return rows.get(session, saga_id)

    return act.once(SagaShown, _audited(services, "saga.start", Actor(who.name, address), start))


@router.post("/{saga_id}/cancel", summary="Undo what it did; a step being done is finished first")
def cancel_saga(
    saga_id: Number,
    services: Provided,
    who: PlatformOperator,
    address: CallerAddress,
    act: Acting,
) -> SagaShown:
    def cancel(session: Session) -> Saga:
        return services.sagas.cancel(session, saga_id)

    return act.once(SagaShown, _audited(services, "saga.cancel", Actor(who.name, address), cancel))


@router.post("/{saga_id}/resume", summary="Try again to undo what a stuck one did")
def resume_saga(
    saga_id: Number,
    services: Provided,
    who: PlatformOperator,
    address: CallerAddress,
    act: Acting,
) -> SagaShown:
    def resume(session: Session) -> Saga:
        return services.sagas.resume(session, saga_id)

    return act.once(SagaShown, _audited(services, "saga.resume", Actor(who.name, address), resume))


def detail(session: Session, saga_id: int) -> SagaDetail:
    row = rows.get(session, saga_id)
    turns = [SagaStepShown.model_validate(step) for step in rows.steps(session, saga_id)]
    about = SagaShown.model_validate(row).model_dump()
    return SagaDetail(**about, arguments=row.arguments, results=row.results, turns=turns)


def _audited(
    services: Services, name: str, actor: Actor, change: Callable[[Session], Saga]
) -> Callable[[Session], SagaShown]:
    def work(session: Session) -> SagaShown:
        row = change(session)
        act = Audited(name=name, subject="saga", subject_id=row.id)
        record(session, actor, act, now=services.clock.now())
        return SagaShown.model_validate(row)

    return work
