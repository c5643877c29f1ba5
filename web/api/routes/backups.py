"""Backups: what was taken and proven, and orders for more. They are restored by hand only."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from core.access import audit
from core.access.audit import Actor
from core.maintenance.backup.problems import BackupNotFoundError
from core.model import BackupRun
from core.store import backups
from core.store.work import WorkOrder
from tasks.queues import Queue
from web.api.acting import Acting
from web.api.auth import CallerAddress, PlatformAdmin, PlatformReader
from web.api.listing import Listed
from web.api.schemas.backups import BackupShown, BackupWork
from web.api.schemas.shape import Number
from web.api.services import Provided, Services

router = APIRouter(prefix="/backups", tags=["backups"])

REQUESTED: Final = "requested"
LEASE_SECONDS: Final = 120


async def administrator(who: PlatformAdmin, address: CallerAddress) -> Actor:
    return Actor(who.name, address)


AsAdministrator = Annotated[Actor, Depends(administrator)]


@router.get("", response_model=list[BackupShown], summary="Backups, newest first")
def list_backups(services: Provided, _who: PlatformReader, ask: Listed) -> Sequence[Any]:
    with services.database.transaction() as session:
        return ask.link(backups.page(session, cursor=ask.cursor, limit=ask.limit))


@router.get("/{number}", summary="One backup with the checks of its last restore")
def get_backup(number: Number, services: Provided, _who: PlatformReader) -> BackupShown:
    with services.database.transaction() as session:
        return BackupShown.model_validate(_row(session, number))


@router.post("", status_code=202, summary="Take a backup now, and prove it")
def create_backup(services: Provided, actor: AsAdministrator, act: Acting) -> BackupWork:
    def order(session: Session) -> BackupWork:
        made = _ordered(session, services, "backup.create", {"cause": REQUESTED})
        _record(
            session,
            services,
            actor,
            audit.Act(name="backup.create", subject="work", subject_id=int(made.work_id)),
        )
        return made

    return act.once(BackupWork, order)


@router.post("/{number}/verify", status_code=202, summary="Prove it by a restore once more")
def verify_backup(
    number: Number, services: Provided, actor: AsAdministrator, act: Acting
) -> BackupWork:
    def order(session: Session) -> BackupWork:
        row = _row(session, number)
        made = _ordered(session, services, "backup.verify", {"name": row.name})
        _record(
            session,
            services,
            actor,
            audit.Act(name="backup.verify", subject="backup", subject_id=row.id),
        )
        return made

    return act.once(BackupWork, order)


def _row(session: Session, number: int) -> BackupRun:
    row = backups.by_id(session, number)
    if row is None:
        raise BackupNotFoundError(f"There is no backup {number}.")
    return row


def _ordered(
    session: Session, services: Services, task: str, arguments: dict[str, Any]
) -> BackupWork:
    order = WorkOrder(
        task, arguments, Queue.MAINTENANCE, concurrency_key="backup", lease_seconds=LEASE_SECONDS
    )
    added = services.ledger.add(session, order)
    return BackupWork(task=task, work_id=str(added))


def _record(session: Session, services: Services, actor: Actor, act: audit.Act) -> None:
    audit.record(session, actor, act, now=services.clock.now())
