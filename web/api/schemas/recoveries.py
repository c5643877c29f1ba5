"""Recoveries: what was decided about failures, what was done, and what came of it."""

from collections.abc import Sequence
from typing import Any, Self

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from core.access.audit import of as acts_of
from core.model import Recovery
from core.recovery.states import State
from core.store import recovery as rows
from web.api.schemas.deadletters import ActShown
from web.api.schemas.shape import HexId, Id, Moment, MomentWritten, NumberText, Shown, Written
from web.api.schemas.stats import FiguresShown


class RecoveryQuery(BaseModel):
    """Each filter may come several times: any of its values will do."""

    state: list[State] = []
    component: list[str] = []
    category: list[str] = []
    project: list[NumberText] = []
    issue: list[NumberText] = []
    pending: bool = Field(default=False, description="Only those that wait for a person.")


class RecoveryShown(Shown):
    id: Id
    project_id: Id
    issue_id: Id | None
    event_id: HexId
    subject: str = Field(description="What is to be mended.")
    component: str | None
    category: str
    family: str | None
    severity: str
    rule: str = Field(description="Of the policy.")
    chain: list[str] = Field(description="The strategies, in the order in which they are tried.")
    state: str
    reason: str
    acted: int = Field(description="Actions that were really taken.")
    automatic: bool = Field(description="Whether no person had a hand in it.")
    events: int
    first_event_at: Moment
    last_event_at: Moment
    planned_at: Moment
    state_at: Moment
    due_at: Moment | None
    ended_at: Moment | None


class AttemptShown(Shown):
    id: Id
    number: int
    strategy: str
    action: str
    target: str
    arguments: dict[str, Any]
    mode: str
    state: str
    guard: str | None = Field(description="The guard that refused it.")
    reason: str
    at: Moment
    due_at: Moment | None
    expires_at: Moment | None = Field(description="Until when a person is waited for.")
    started_at: Moment | None
    acted_at: Moment | None
    ended_at: Moment | None
    summary: str | None
    evidence: dict[str, Any] | None
    verification: dict[str, Any] | None


class TransitionShown(Shown):
    old: str | None
    new: str
    reason: str
    actor: str
    at: Moment


class RecoveryDetail(RecoveryShown):
    situation: dict[str, Any] = Field(description="What was known when it was planned.")
    attempts: list[AttemptShown] = Field(description="Refusals by guards are among them.")
    transitions: list[TransitionShown] = Field(description="Oldest first.")
    verification: dict[str, Any] | None = Field(description="What was found last.")
    acts: list[ActShown] = Field(description="Who said what to it.")

    @classmethod
    def whole(cls, session: Session, found: Recovery) -> Self:
        attempts: Sequence[Any] = rows.attempts(session, found.id)
        verified = (each.verification for each in reversed(attempts) if each.verification)
        return cls(
            **RecoveryShown.model_validate(found).model_dump(),
            situation=found.situation,
            attempts=[AttemptShown.model_validate(each) for each in attempts],
            transitions=[
                TransitionShown.model_validate(each) for each in rows.transitions(session, found.id)
            ],
            verification=next(verified, None),
            acts=[ActShown.model_validate(each) for each in acts_of(session, "recovery", found.id)],
        )


class Word(Written):
    why: str = Field(min_length=1, max_length=1000, description="Kept with the decision.")


class RunWord(Word):
    strategy: str | None = Field(
        None, min_length=1, max_length=100, description="Instead of the chain of the policy."
    )


class ReportQuery(BaseModel):
    since: MomentWritten | None = Field(None, description="Default: a week before `until`.")
    until: MomentWritten | None = Field(None, description="Default: now.")


class AimShown(Shown):
    name: str
    figure: str
    value: float | None
    aim: float
    met: bool | None = Field(description="Null where there is nothing to measure.")


class GivenUpShown(Shown):
    title: str
    component: str
    category: str
    count: int


class ReportShown(Shown):
    since: Moment
    until: Moment
    aims: list[AimShown]
    total: FiguresShown
    by_component: dict[str, FiguresShown]
    by_category: dict[str, FiguresShown]
    given_up: list[GivenUpShown]
