"""What keeps the house: its runs, what it found, and how much each day of events takes."""

import datetime as dt
import uuid

from sqlalchemy import (
    BigInteger,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Text,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment, Ref


class MaintenanceRun(Base):
    """One piece of work of a job. `state`: running, postponed, done, failed.

    A repeat of the work is the same run, with one attempt more. `amount` is what it did in its own
    unit: rows, bytes, keys. `asked_at` is when it first wanted to run.
    """

    __tablename__ = "maintenance_runs"
    __table_args__ = (Index(None, "job", "id"), Index(None, "asked_at"))

    id: Mapped[Id]
    job: Mapped[str] = mapped_column(Text)
    work_id: Mapped[Ref] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    postponed: Mapped[int] = mapped_column(Integer, server_default="0")
    asked_at: Mapped[Moment]
    began_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    seconds: Mapped[float | None] = mapped_column(Double)
    amount: Mapped[int | None] = mapped_column(BigInteger)
    result: Mapped[Json | None]
    reason: Mapped[str | None] = mapped_column(Text)


class MaintenanceFinding(Base):
    """Something about the stores that people should know; gone with what it tells of."""

    __tablename__ = "maintenance_findings"

    check: Mapped[str] = mapped_column(Text, primary_key=True)
    subject: Mapped[str] = mapped_column(Text, primary_key=True)
    level: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text)
    advice: Mapped[str] = mapped_column(Text)
    value: Mapped[float] = mapped_column(Double)
    mark: Mapped[float] = mapped_column(Double)
    since: Mapped[Moment]
    seen_at: Mapped[Moment]


class EventDay(Base):
    """How much of a day's partition is of a project, and how far it was cropped to save room."""

    __tablename__ = "event_days"

    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    project_id: Mapped[Ref] = mapped_column(primary_key=True)
    events: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int] = mapped_column(BigInteger)
    cropped: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    measured_at: Mapped[Moment]


class KeptEvent(Base):
    """An event that somebody wants to keep while there is any room for it; `why` is the tag."""

    __tablename__ = "kept_events"

    project_id: Mapped[Ref] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True
    )
    event_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    why: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment]
