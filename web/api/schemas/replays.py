"""Replay runs: many dead letters sent again, slowly and stoppably."""

from typing import Any, Self

from pydantic import Field

from core.deadletters import Pace, Preview
from core.deadletters.replays import SLOWEST
from web.api.schemas.deadletters import ActShown, LetterChoice, Refused
from web.api.schemas.shape import Id, Moment, Shown

PACE = Pace()


class ReplayMany(LetterChoice):
    rate: float = Field(PACE.rate, ge=SLOWEST, le=1000, description="Letters a second.")
    batch: int = Field(PACE.batch, ge=1, le=1000, description="The first batch is waited for.")
    failure_share: float = Field(
        PACE.failure_share, ge=0, le=1, description="Above it the run ends by itself."
    )
    dry_run: bool = Field(default=False, description="Only tell what would happen.")

    @property
    def pace(self) -> Pace:
        return Pace(self.rate, self.batch, self.failure_share)


class RunShown(Shown):
    id: Id
    state: str = Field(description="running, stopped, done, failed.")
    cause: str
    wanted: dict[str, Any] = Field(description="The filter.")
    rate: float
    batch: int
    failure_share: float
    author: str
    matched: int
    sent: int
    succeeded: int
    failed: int
    refused: int
    recalled: int = Field(description="Taken back before they began; their letters are open.")
    created_at: Moment
    finished_at: Moment | None
    ended_by: str | None
    end_reason: str | None


class ItemShown(Shown):
    letter_id: Id
    work_id: Id | None
    state: str
    detail: str | None


class RunDetail(RunShown):
    items: list[ItemShown] = Field(description="The newest that did not succeed, up to 100.")
    acts: list[ActShown]


class PreviewShown(Shown):
    letters: int
    tasks: dict[str, int]
    examined: int = Field(description="Letters that were looked at one by one.")
    refused: list[Refused] = Field(description="Of these.")
    held: list[str] = Field(description="Targets that are held: their letters would wait.")
    batches: int
    seconds: float = Field(description="At the rate, if nothing is waited for.")

    @classmethod
    def of(cls, found: Preview) -> Self:
        return cls(
            letters=found.letters,
            tasks=dict(found.tasks),
            examined=found.examined,
            refused=[Refused(id=str(each), detail=why) for each, why in found.refused.items()],
            held=list(found.held),
            batches=found.batches,
            seconds=round(found.seconds, 1),
        )


class ReplayAnswer(Shown):
    """One of the two."""

    run: RunShown | None = None
    preview: PreviewShown | None = None
