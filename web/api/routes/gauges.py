"""Gauges: numbers that applications measure, so that rules can look at them."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends

from core.access.roles import Permission, Principal
from core.errors import InvalidInputError
from core.intake import moment
from core.store import gauges, projects
from core.store.gauges import Reading
from web.api.auth import Needs
from web.api.schemas.gauges import GaugesTaken, GaugesWritten
from web.api.services import Provided

router = APIRouter(prefix="/gauges", tags=["gauges"])

Reporter = Annotated[Principal, Depends(Needs(Permission.REPORT))]
SKEW: Final = timedelta(days=1)


@router.post("", summary="Write numbers that an application measured")
def write_gauges(body: GaugesWritten, services: Provided, who: Reporter) -> GaugesTaken:
    chosen = int(body.project) if body.project else who.project_id
    if chosen is None:
        raise InvalidInputError("Say which project: `project` is missing.", field="project")
    now = services.clock.now()
    with services.database.transaction() as session:
        project = projects.visible(session, chosen, only=who.project_id)
        told = [
            Reading(
                name=each.name,
                value=each.value,
                labels={str(name): value for name, value in each.labels.items()},
                project_id=project.id,
                at=moment.clamp(each.at, now, skew=SKEW).moment,
            )
            for each in body.gauges
        ]
        gauges.within(session, told, most=services.settings.max_gauges, now=now)
        gauges.put(session, told, now=now)
    return GaugesTaken(taken=len(told))
