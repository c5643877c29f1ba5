"""Replays of many dead letters: what was asked for, how far it is, and each letter in it."""

from sqlalchemy import BigInteger, Double, ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment, Ref


class ReplayRun(Base):
    """Letters sent again in small batches. `state`: running, stopped, done, failed.

    `wanted` is the filter in words of the API. Letters up to `until_id` belong to it, `last_id` is
    how far it is, `step` the piece of work that may go on with it. `rate` is letters a second;
    above `failure_share` of failures it ends by itself. `project_id` is set where the author may
    see one project only.
    """

    __tablename__ = "replay_runs"
    __table_args__ = (
        Index(
            "ix_replay_runs_finished_at", "finished_at", postgresql_where="finished_at IS NOT NULL"
        ),
    )

    id: Mapped[Id]
    state: Mapped[str] = mapped_column(Text)
    cause: Mapped[str] = mapped_column(Text)
    wanted: Mapped[Json]
    project_id: Mapped[Ref | None]
    rate: Mapped[float] = mapped_column(Double)
    batch: Mapped[int] = mapped_column(Integer)
    failure_share: Mapped[float] = mapped_column(Double)
    author: Mapped[str] = mapped_column(Text)
    until_id: Mapped[int] = mapped_column(BigInteger)
    last_id: Mapped[int] = mapped_column(BigInteger, server_default="0")
    step: Mapped[int] = mapped_column(Integer, server_default="0")
    matched: Mapped[int] = mapped_column(Integer)
    sent: Mapped[int] = mapped_column(Integer, server_default="0")
    succeeded: Mapped[int] = mapped_column(Integer, server_default="0")
    failed: Mapped[int] = mapped_column(Integer, server_default="0")
    refused: Mapped[int] = mapped_column(Integer, server_default="0")
    recalled: Mapped[int] = mapped_column(Integer, server_default="0")
    created_at: Mapped[Moment]
    sent_at: Mapped[Moment | None]
    finished_at: Mapped[Moment | None]
    ended_by: Mapped[str | None] = mapped_column(Text)
    end_reason: Mapped[str | None] = mapped_column(Text)


class ReplayItem(Base):
    """One letter of a run. `state`: sent, succeeded, failed, refused, recalled."""

    __tablename__ = "replay_items"
    __table_args__ = (
        Index("ix_replay_items_sent", "run_id", "letter_id", postgresql_where="state = 'sent'"),
    )

    run_id: Mapped[Ref] = mapped_column(
        ForeignKey("replay_runs.id", ondelete="CASCADE"), primary_key=True
    )
    letter_id: Mapped[Ref] = mapped_column(primary_key=True)
    work_id: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)
