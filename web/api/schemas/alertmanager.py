"""The shapes of Alertmanager's interface, version 2, in the words of its own description."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from web.api.schemas.shape import Moment

LONGEST: Final = 2_000
Name = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_.-]*$", max_length=200)]
Text = Annotated[str, StringConstraints(max_length=LONGEST)]
Labels = Annotated[dict[Name, Text], Field(min_length=1, max_length=100)]


class Shape(BaseModel):
    """Fields that we do not know are left aside: clients of other versions send them."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class AlertPosted(Shape):
    labels: Labels
    annotations: Annotated[dict[Name, Text], Field(max_length=100)] = {}
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    generator_url: str | None = Field(None, alias="generatorURL", max_length=LONGEST)


class Receiver(Shape):
    name: str


class AlertStatus(Shape):
    state: str = Field(description="unprocessed, active or suppressed.")
    silenced_by: list[str]
    inhibited_by: list[str]
    muted_by: list[str] = []


class AlertGot(Shape):
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    fingerprint: str
    starts_at: Moment
    ends_at: Moment
    updated_at: Moment
    generator_url: str = Field("", alias="generatorURL")
    receivers: list[Receiver]
    status: AlertStatus


class AlertGroupGot(Shape):
    labels: Mapping[str, str]
    receiver: Receiver
    alerts: list[AlertGot]


class MatcherShape(Shape):
    name: Name
    value: Text
    is_regex: bool
    is_equal: bool = True


class SilencePosted(Shape):
    """With an `id` the silence of that id ends, and this one takes its place."""

    id: str | None = Field(None, max_length=36)
    matchers: list[MatcherShape] = Field(min_length=1, max_length=50)
    starts_at: datetime
    ends_at: datetime
    created_by: str = Field(max_length=200)
    comment: str = Field(max_length=LONGEST)


class SilenceMade(Shape):
    silence_id: str = Field(alias="silenceID")


class SilenceStatus(Shape):
    state: str = Field(description="pending, active or expired.")


class SilenceGot(Shape):
    id: str
    status: SilenceStatus
    matchers: list[MatcherShape]
    starts_at: Moment
    ends_at: Moment
    updated_at: Moment
    created_by: str
    comment: str


class ClusterStatus(Shape):
    name: str = ""
    status: str = Field("disabled", description="Alerts are rows; there is no gossip to join.")
    peers: list[dict[str, str]] = []


class VersionInfo(Shape):
    version: str
    branch: str = ""
    build_date: str = ""
    build_user: str = ""
    go_version: str = ""
    revision: str = ""


class ConfigShape(Shape):
    original: str


class StatusGot(Shape):
    cluster: ClusterStatus
    config: ConfigShape
    uptime: Moment
    version_info: VersionInfo
