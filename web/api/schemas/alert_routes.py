"""Where an alert of some labels would go, and who is on duty."""

from pydantic import Field

from web.api.schemas.shape import Id, Moment, NumberText, Shown, Written


class RouteAsked(Written):
    labels: dict[str, str] = Field(max_length=100, description="With alertname and severity.")
    firing: bool = True
    project: NumberText | None = None
    issue: NumberText | None = None


class RouteTaken(Shown):
    route: str
    channels: list[str]
    group_by: list[str]
    quiet: str | None = Field(description="The quiet hours that it is.")


class RoutesTaken(Shown):
    routes: list[RouteTaken]
    silenced_by: Id | None
    inhibited_by: Id | None = Field(description="The alert that holds it back.")


class OnDuty(Shown):
    rota: str
    person: str
    channels: list[str]
    hand_over: Moment
