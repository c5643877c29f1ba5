"""Log lines and how they are looked for."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, StringConstraints

from core.maintenance.logs.line import LEVELS, NAMES
from core.maintenance.logs.search import Wanted
from core.model import LogLine
from web.api.schemas.shape import Id, Moment, MomentWritten, Shown

Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Level(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class LogQuery(BaseModel):
    """Those that are lists may come several times: any of their values will do."""

    level: Level | None = Field(None, description="This level and graver ones.")
    event: list[Word] = []
    process: list[Word] = []
    host: list[Word] = []
    task: list[Word] = []
    task_id: list[Word] = []
    request_id: list[Word] = []
    query: Word | None = Field(None, description="A text anywhere in the event or its fields.")
    since: MomentWritten | None = Field(None, description="Written then or later.")
    until: MomentWritten | None = Field(None, description="Written before.")

    def wanted(self) -> Wanted:
        return Wanted(
            level=LEVELS[self.level] if self.level else None,
            events=self.event,
            processes=self.process,
            hosts=self.host,
            tasks=self.task,
            task_ids=self.task_id,
            request_ids=self.request_id,
            text=self.query,
            since=self.since,
            until=self.until,
        )


class LogLineShown(Shown):
    id: Id
    at: Moment
    level: str
    event: str
    process: str
    host: str
    pid: int
    task: str | None
    task_id: str | None
    request_id: str | None
    project_id: Id | None
    fields: dict[str, Any]

    @classmethod
    def of(cls, line: LogLine) -> Self:
        return cls.model_validate(
            {name: getattr(line, name) for name in cls.model_fields}
            | {"level": NAMES.get(line.level, str(line.level))}
        )


class LogsFollowed(Shown):
    """`after` is where to go on, also when nothing came."""

    lines: list[LogLineShown]
    after: Id
