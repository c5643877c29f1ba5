"""Routes of alerts: where one would go now, before there is one, and who is on duty."""

from fastapi import APIRouter

from config import alerting
from core.alerts.inhibition import Inhibitions
from core.alerts.picture import Pictured
from core.alerts.pictures import pictured
from core.alerts.route import routed
from core.alerts.silence import Silences
from core.alerts.silencing import read
from core.store import alert_groups, silences
from core.store.projects import ProjectNotFoundError
from web.api.auth import Reader
from web.api.schemas.alert_routes import OnDuty, RouteAsked, RoutesTaken, RouteTaken
from web.api.services import Provided

router = APIRouter(prefix="/alert-routes", tags=["alerts"])


@router.post("/test", summary="Where an alert of these labels would go now")
def try_routes(body: RouteAsked, services: Provided, who: Reader) -> RoutesTaken:
    plan, now = alerting.plan(services.settings), services.clock.now()
    project = int(body.project) if body.project else who.project_id
    if who.project_id not in {None, project}:
        raise ProjectNotFoundError(f"There is no project {project}.")
    alert = Pictured(
        id=0,
        labels=body.labels,
        firing=body.firing,
        started_at=now,
        project_id=project,
        issue_id=int(body.issue) if body.issue else None,
        component=body.labels.get("component"),
    )
    with services.database.transaction() as session:
        live = [read(row) for row in silences.live(session)]
        firing = [pictured(each) for each in alert_groups.active(session)]
    silence = Silences.holding(live, now).of(alert, group="")
    inhibited = Inhibitions(plan.inhibit, firing).of(alert)
    taken = [
        RouteTaken(
            route=each.name,
            channels=list(plan.channels(each, now)),
            group_by=list(each.group_by),
            quiet=each.quiet(now),
        )
        for each in routed(plan.root, alert, now)
    ]
    return RoutesTaken(
        routes=taken,
        silenced_by=str(silence.id) if silence else None,
        inhibited_by=str(inhibited.source_id) if inhibited else None,
    )


@router.get("/on-duty", summary="Who is on duty now, by rota")
def list_on_duty(services: Provided, who: Reader) -> list[OnDuty]:  # noqa: ARG001 (may read)
    plan, now = alerting.plan(services.settings), services.clock.now()
    found = [(rota, rota.on_duty(now)) for rota in plan.rotas.values()]
    return [
        OnDuty(
            rota=rota.name,
            person=person,
            channels=list(plan.people.get(person, ())),
            hand_over=rota.hand_over(now),
        )
        for rota, person in found
    ]
