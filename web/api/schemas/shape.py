"""What all schemas share: how moments and ids are written, and which fields are refused."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Path
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
)

FIRST: Final = datetime.min.replace(tzinfo=UTC)


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def before(moment: datetime, span: timedelta) -> datetime:
    """So much earlier; before the calendar begins there is nothing."""
    return moment - span if moment - FIRST > span else FIRST


def _in_utc(moment: datetime) -> datetime:
    """At the edges of the calendar another zone has a year that no database can give back."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("lies outside of the years 1 to 9999 in UTC") from error


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _hex(value: Any) -> Any:
    return value.hex if isinstance(value, UUID) else value


Moment = Annotated[datetime, PlainSerializer(rfc3339, return_type=str, when_used="json")]
# What clients write; a time without a zone is refused.
MomentWritten = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Id = Annotated[str, BeforeValidator(_text)]
HexId = Annotated[str, BeforeValidator(_hex)]
NumberText = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")]
Number = Annotated[int, Path(ge=0, lt=2**63)]


class Shown(BaseModel):
    """What we answer."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Written(BaseModel):
    """What clients write: a field that we do not know is a mistake, not a wish."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
