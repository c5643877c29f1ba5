"""Runs of the jobs that keep the house, and what they found."""

from typing import Annotated

from fastapi import APIRouter, Query

from core.maintenance.care import telling
from core.store import housekeeping
from web.api.auth import PlatformReader
from web.api.listing import Listed
from web.api.schemas.maintenance import FindingShown, MaintenanceRunShown
from web.api.services import Provided

Job = Annotated[str | None, Query(description="Runs of this job only.", max_length=100)]

router = APIRouter(prefix="/maintenance", tags=["maintenance"])


@router.get("/runs", summary="What the house-keeping jobs did, newest first")
def list_maintenance_runs(
    services: Provided,
    _who: PlatformReader,
    ask: Listed,
    job: Annotated[str | None, Query()] = None,
) -> list[MaintenanceRunShown]:
    with services.database.transaction() as session:
        page = housekeeping.page(session, job=job, cursor=ask.cursor, limit=ask.limit)
        return [MaintenanceRunShown.model_validate(run) for run in ask.link(page)]


@router.get("/findings", summary="What people should know of the stores, the worst first")
def list_findings(services: Provided, _who: PlatformReader) -> list[FindingShown]:
    with services.database.transaction() as session:
        return [FindingShown.model_validate(each) for each in telling.every(session)]
