"""Circuit breakers as they stand, their history, and what operators ask of them."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import Field

from core.model import Breaker
from core.resilience.breaker import SettingsBook, State
from core.resilience.breaker.standing import FORCED, OPENING
from web.api.schemas.shape import Id, Moment, Shown, Written

LONGEST_SECONDS = 30 * 86_400


class BreakerShown(Shown):
    """`state` is closed, open or half_open; `forced` where an operator has set it.

    `opening`: it is decided that it opens, and shown open once every process has heard of it.

    `settings` are those in effect, `own_settings` those set for this one.
    """

    id: Id
    name: str
    state: str
    forced: bool
    opening: bool
    version: int
    since: Moment
    retry_at: Moment | None
    openings: int
    reason: str
    author: str | None
    project_id: Id | None
    component: str
    target: str
    settings: dict[str, Any]
    own_settings: dict[str, Any]

    @classmethod
    def of(cls, row: Breaker, book: SettingsBook) -> Self:
        settings, state = book.of(row.name, row.settings), State(row.state)
        return cls(
            id=str(row.id),
            name=row.name,
            state=state.shown,
            forced=state in FORCED or state is State.FORCED_OPENING,
            opening=state in OPENING,
            version=row.version,
            since=row.since,
            retry_at=row.retry_at,
            openings=row.openings,
            reason=row.reason,
            author=row.author,
            project_id=None if row.project_id is None else str(row.project_id),
            component=settings.component or row.name,
            target=settings.target or row.name,
            settings=settings.as_json(),
            own_settings=row.settings,
        )


class TransitionShown(Shown):
    """`detail` has what was counted, by reporter."""

    id: Id
    name: str
    at: Moment
    old: str
    new: str
    version: int
    reason: str
    author: str | None
    detail: dict[str, Any]


class Force(Written):
    """Why, and for how long; without it until somebody wants something else."""

    reason: Annotated[str, Field(max_length=500)] = ""
    for_seconds: Annotated[float, Field(gt=0, le=LONGEST_SECONDS)] | None = None

    def until(self, now: datetime) -> datetime | None:
        return now + timedelta(seconds=self.for_seconds) if self.for_seconds else None


class Reset(Written):
    reason: Annotated[str, Field(max_length=500)] = ""


class BreakerSet(Written):
    """Settings of this breaker alone; `null` takes one back."""

    threshold: int | None = None
    timeout: float | None = None
    reset_timeout: float | None = None
    component: str | None = None
    target: str | None = None
    mode: str | None = None
    failure_rate: float | None = None
    slow_rate: float | None = None
    minimum_calls: int | None = None
    window: str | None = None
    window_seconds: float | None = None
    window_calls: int | None = None
    backoff: float | None = None
    longest_reset_timeout: float | None = None
    probes: int | None = None
    ramp_seconds: float | None = None
    quorum: float | None = None

    def values(self) -> dict[str, Any]:
        """Those that were sent."""
        return self.model_dump(exclude_unset=True)
