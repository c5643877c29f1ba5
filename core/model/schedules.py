"""Jobs that run by the clock, and each slot that was claimed for one."""

from sqlalchemy import BigInteger, Boolean, Double, ForeignKey, Index, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Json, Moment


class Schedule(Base):
    """One job. Exactly one of `cron` (five fields, in `timezone`) and `interval` (seconds) is set.

    `catch_up` says what happens to slots that were missed: skip, once or all.
    """

    __tablename__ = "schedules"

    job: Mapped[str] = mapped_column(Text, primary_key=True)
    task: Mapped[str] = mapped_column(Text)
    arguments: Mapped[Json] = mapped_column(server_default="{}")
    queue: Mapped[str] = mapped_column(Text)
    priority: Mapped[int] = mapped_column(SmallInteger)
    cron: Mapped[str | None] = mapped_column(Text)
    interval: Mapped[float | None] = mapped_column(Double)
    timezone: Mapped[str] = mapped_column(Text, server_default="UTC")
    catch_up: Mapped[str] = mapped_column(Text, server_default="skip")
    paused: Mapped[bool] = mapped_column(Boolean, server_default="false")
    next_slot: Mapped[Moment]
    last_slot: Mapped[Moment | None]
    updated_at: Mapped[Moment]


class ScheduleRun(Base):
    """A slot that was claimed: at most once, by the primary key. `work_id` does it."""

    __tablename__ = "schedule_runs"
    __table_args__ = (Index(None, "claimed_at"),)

    job: Mapped[str] = mapped_column(
        ForeignKey("schedules.job", ondelete="CASCADE"), primary_key=True
    )
    slot: Mapped[Moment] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(Text)
    work_id: Mapped[int] = mapped_column(BigInteger)
    claimed_at: Mapped[Moment]
