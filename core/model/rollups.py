"""Counts by the minute, and the books of what came in."""

import datetime as dt

from sqlalchemy import ARRAY, BigInteger, Date, Double, Index, Integer, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Moment, Ref


class IssueMinute(Base):
    """Events of an issue in a minute of `received_at`. `resolution` in seconds: 60, 3600, 86400."""

    __tablename__ = "issue_minutes"
    __table_args__ = (Index(None, "project_id", "minute"), Index(None, "resolution", "minute"))

    issue_id: Mapped[Ref] = mapped_column(primary_key=True)
    minute: Mapped[Moment] = mapped_column(primary_key=True)
    resolution: Mapped[int] = mapped_column(Integer, primary_key=True, server_default="60")
    project_id: Mapped[Ref]
    events: Mapped[int] = mapped_column(BigInteger)


class ComponentMinute(Base):
    """What a component did in one minute: its error events and what it reported itself.

    Durations in milliseconds; `duration_buckets` counts them by the bounds in
    `core.intake.components.DURATION_BOUNDS`; memory in bytes.
    """

    __tablename__ = "component_minutes"
    __table_args__ = (Index(None, "resolution", "minute"),)

    project_id: Mapped[Ref] = mapped_column(primary_key=True)
    component: Mapped[str] = mapped_column(Text, primary_key=True)
    minute: Mapped[Moment] = mapped_column(primary_key=True)
    resolution: Mapped[int] = mapped_column(Integer, primary_key=True, server_default="60")
    events: Mapped[int] = mapped_column(BigInteger, server_default="0")
    successes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    failures: Mapped[int] = mapped_column(BigInteger, server_default="0")
    duration_count: Mapped[int] = mapped_column(BigInteger, server_default="0")
    duration_sum: Mapped[float] = mapped_column(Double, server_default="0")
    duration_max: Mapped[float] = mapped_column(Double, server_default="0")
    duration_buckets: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    memory_max: Mapped[int | None] = mapped_column(BigInteger)
    connections_lost: Mapped[int] = mapped_column(BigInteger, server_default="0")


class BookEntry(Base):
    """The books: how many were accepted, stored, … on a day.

    received = accepted + rejected + skipped; accepted = stored + duplicates + pending.
    `account` is one of accepted, rejected, skipped, stored, duplicates, thinned. `writer` spreads
    the row over processes, so that commits do not queue for one row. Project 0 is "not known".
    """

    __tablename__ = "book_entries"

    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    project_id: Mapped[Ref] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(Text, primary_key=True)
    reason: Mapped[str] = mapped_column(Text, primary_key=True, server_default="")
    writer: Mapped[int] = mapped_column(SmallInteger, primary_key=True, server_default="0")
    count: Mapped[int] = mapped_column(BigInteger)
