"""Recoveries with their attempts and changes of state, what they act on, and the policies."""

import uuid
from typing import Any, Final, cast

from sqlalchemy import ARRAY, BigInteger, Boolean, Double, ForeignKey, Index, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment, Ref


class Recovery(Base):
    """One failure that the platform looks after, from the event that told of it to its end.

    `subject` is what is to be mended: one category of an issue as `issue:12:timeout`, or
    `operation:…` for one piece of an application's work that can be sent again. Of a subject one
    recovery lives at a time. `chain` names the strategies of the policy's `rule`, `step` the one
    that is tried, from 0. `situation` is what was known when it was planned. `acted` counts actions
    that were really taken; `automatic` is no longer true once a person had a hand in it.
    """

    __tablename__ = "recoveries"
    __table_args__ = (
        Index(
            "uq_recoveries_live",
            "project_id",
            "subject",
            unique=True,
            postgresql_where="ended_at IS NULL",
        ),
        Index(None, "project_id", "subject", "ended_at"),
        Index(None, "issue_id"),
        Index(None, "event_id"),
        Index(None, "planned_at"),
        Index(
            "ix_recoveries_due",
            "due_at",
            postgresql_where="ended_at IS NULL AND due_at IS NOT NULL",
        ),
    )

    id: Mapped[Id]
    project_id: Mapped[Ref] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    issue_id: Mapped[Ref | None] = mapped_column(ForeignKey("issues.id", ondelete="SET NULL"))
    event_id: Mapped[uuid.UUID]
    subject: Mapped[str] = mapped_column(Text)
    component: Mapped[str | None] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    family: Mapped[str | None] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    rule: Mapped[str] = mapped_column(Text)
    chain: Mapped[list[str]] = mapped_column(ARRAY(Text))
    step: Mapped[int] = mapped_column(Integer, server_default="0")
    situation: Mapped[Json]
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    acted: Mapped[int] = mapped_column(Integer, server_default="0")
    automatic: Mapped[bool] = mapped_column(Boolean, server_default="true")
    events: Mapped[int] = mapped_column(BigInteger, server_default="1")
    first_event_at: Mapped[Moment]
    last_event_at: Mapped[Moment]
    planned_at: Mapped[Moment]
    state_at: Mapped[Moment]
    due_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]


class RecoveryAttempt(Base):
    """One thing that was done for a recovery, would have been done, or was refused by a guard.

    The row is there before the act: `ordered`, then `running`. What is found running by anybody
    but its own worker counts as acted with unknown outcome and is never acted again. `undo` is
    what the action needs to take itself back, `verification` what was found last. An act of another
    recovery that this one takes up has no `ordered_at`, and nothing to take back.
    """

    __tablename__ = "recovery_attempts"
    __table_args__ = (
        Index(None, "recovery_id", "number", unique=True),
        Index(
            "ix_recovery_attempts_acts",
            "scope",
            "target",
            "action",
            "ordered_at",
            postgresql_where="ordered_at IS NOT NULL",
        ),
        Index(
            "ix_recovery_attempts_live",
            "scope",
            "target",
            postgresql_where="ordered_at IS NOT NULL AND ended_at IS NULL",
        ),
    )

    id: Mapped[Id]
    recovery_id: Mapped[Ref] = mapped_column(ForeignKey("recoveries.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    strategy: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text)
    scope: Mapped[Ref]
    arguments: Mapped[Json] = mapped_column(server_default="{}")
    mode: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    guard: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    timeout: Mapped[float] = mapped_column(Double)
    verify: Mapped[Json] = mapped_column(server_default="{}")
    at: Mapped[Moment]
    ordered_at: Mapped[Moment | None]
    due_at: Mapped[Moment | None]
    expires_at: Mapped[Moment | None]
    started_at: Mapped[Moment | None]
    acted_at: Mapped[Moment | None]
    summary: Mapped[str | None] = mapped_column(Text)
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    undo: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    verification: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    ended_at: Mapped[Moment | None]


class RecoveryTransition(Base):
    """A change of state, with its reason and who made it; written by compare-and-set."""

    __tablename__ = "recovery_transitions"
    __table_args__ = (Index(None, "recovery_id", "id"),)

    id: Mapped[Id]
    recovery_id: Mapped[Ref] = mapped_column(ForeignKey("recoveries.id", ondelete="CASCADE"))
    old: Mapped[str | None] = mapped_column(Text)
    new: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment]


class RecoveryTarget(Base):
    """What actions act on. Its lock lets one decision about it be made at a time.

    `scope` is the project, or 0 for what all projects share (`pool:…`, `db:…`). Acts before
    `healthy_at` no longer count against it.
    """

    __tablename__ = "recovery_targets"

    scope: Mapped[Ref] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(Text, primary_key=True)
    action: Mapped[str] = mapped_column(Text, primary_key=True)
    healthy_at: Mapped[Moment | None]
    seen_at: Mapped[Moment]


class RecoveryPolicy(Base):
    """One version of the policy of a project, or of one component of it. Empty takes it away.

    Rows are added and never changed: the newest holds, the others say who changed what and when.
    """

    __tablename__ = "recovery_policies"

    project_id: Mapped[Ref] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True
    )
    component: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Moment]


# For statements by compare-and-set, which no object in a session should follow.
RECOVERIES: Final = cast("Table", Recovery.__table__)
ATTEMPTS: Final = cast("Table", RecoveryAttempt.__table__)
