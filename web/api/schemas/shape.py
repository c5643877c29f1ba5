"""What all schemas share: how moments and ids are written, and which fields are refused."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, StringConstraints


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _hex(value: Any) -> Any:
    return value.hex if isinstance(value, UUID) else value


Moment = Annotated[datetime, PlainSerializer(rfc3339, return_type=str, when_used="json")]
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
