"""What people are told of alerts, and every attempt to get it there."""

from sqlalchemy import BigInteger, Float, ForeignKey, Index, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment, Ref


class Notification(Base):
    """One message to one channel. `state`: waiting, delivered, superseded, dead.

    `notice` is all that is told, as it stood when it was decided: no rule and no group is needed
    to send it, later or again. `dedup_key` is of the group and the episode, `webhook_id` of this
    message; `thread` is how the channel calls it once it took it. `project_id` where all that it
    tells is of one project.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        Index(None, "group_id", "flush_seq", "channel", unique=True),
        Index(None, "webhook_id", unique=True),
        Index(None, "channel", "dedup_key", "id"),
        Index("ix_notifications_waiting", "id", postgresql_where="state = 'waiting'"),
        Index(None, "created_at"),
    )

    id: Mapped[Id]
    project_id: Mapped[Ref | None] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    group_id: Mapped[Ref | None]
    flush_seq: Mapped[int | None] = mapped_column(BigInteger)
    channel: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    dedup_key: Mapped[str] = mapped_column(Text)
    webhook_id: Mapped[str] = mapped_column(Text)
    alert_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    notice: Mapped[Json]
    state: Mapped[str] = mapped_column(Text)
    thread: Mapped[str | None] = mapped_column(Text)
    work_id: Mapped[Ref | None]
    created_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]


class DeliveryAttempt(Base):
    """One attempt; written before it is made, so that one that a kill broke off is known, too.

    Without `seconds` nobody knows how it ended. `error` is none where the channel took it.
    """

    __tablename__ = "delivery_attempts"
    __table_args__ = (Index(None, "notification_id", "attempt"),)

    id: Mapped[Id]
    notification_id: Mapped[Ref] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(Text)
    attempt: Mapped[int] = mapped_column(Integer)
    at: Mapped[Moment]
    seconds: Mapped[float | None] = mapped_column(Float)
    status: Mapped[int | None] = mapped_column(Integer)
    excerpt: Mapped[str | None] = mapped_column(Text)
    retry_after: Mapped[float | None] = mapped_column(Float)
    provider_id: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
