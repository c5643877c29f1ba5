"""Alerts that belong together, what is said of them when, what keeps them quiet, and why."""

from sqlalchemy import ARRAY, BigInteger, Boolean, ForeignKey, Index, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment, Ref


class Incident(Base):
    """Alerts that have one cause as far as can be seen. `state`: open or closed.

    `keys` are what its alerts have in common with others that come; `reasons` tell it to people.
    """

    __tablename__ = "incidents"
    __table_args__ = (
        Index("ix_incidents_open", "id", postgresql_where="state = 'open'"),
        Index(None, "closed_at"),
        Index(None, "project_id", "id"),
    )

    id: Mapped[Id]
    project_id: Mapped[Ref | None] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    started_at: Mapped[Moment]
    last_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]


class IncidentAlert(Base):
    """That an alert belongs to an incident, and why."""

    __tablename__ = "incident_alerts"
    __table_args__ = (Index(None, "alert_id"),)

    incident_id: Mapped[Ref] = mapped_column(
        ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True
    )
    alert_id: Mapped[Ref] = mapped_column(
        ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True
    )
    reason: Mapped[str] = mapped_column(Text)
    joined_at: Mapped[Moment]


class AlertGroup(Base):
    """What is told together on one route, from the first alert to the end of the last.

    `flush_seq` counts what was decided about it. `told_at` is when each channel was told anything.
    With a `digest_of` it holds what was too much for that channel.
    """

    __tablename__ = "alert_groups"
    __table_args__ = (
        Index(
            "uq_alert_groups_open", "group_key", unique=True, postgresql_where="closed_at IS NULL"
        ),
        Index(
            "ix_alert_groups_due",
            "next_flush_at",
            postgresql_where="closed_at IS NULL AND next_flush_at IS NOT NULL",
        ),
        Index(None, "incident_id"),
        Index(None, "closed_at"),
    )

    id: Mapped[Id]
    route: Mapped[str] = mapped_column(Text)
    group_key: Mapped[str] = mapped_column(Text)
    labels: Mapped[Json]
    incident_id: Mapped[Ref | None] = mapped_column(ForeignKey("incidents.id", ondelete="SET NULL"))
    digest_of: Mapped[str | None] = mapped_column(Text)
    flush_seq: Mapped[int] = mapped_column(BigInteger, server_default="0")
    next_flush_at: Mapped[Moment | None]
    last_flush_at: Mapped[Moment | None]
    told_at: Mapped[Json] = mapped_column(server_default="{}")
    opened_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]


class AlertGroupMember(Base):
    """An alert in a group: which channels know of it and how; what was decided about it last.

    `changed`: it is to be told again, because it is not as it was told.
    """

    __tablename__ = "alert_group_members"
    __table_args__ = (Index(None, "alert_id"),)

    group_id: Mapped[Ref] = mapped_column(
        ForeignKey("alert_groups.id", ondelete="CASCADE"), primary_key=True
    )
    alert_id: Mapped[Ref] = mapped_column(
        ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True
    )
    told: Mapped[Json] = mapped_column(server_default="{}")
    verdict: Mapped[str] = mapped_column(Text, server_default="")
    changed: Mapped[bool] = mapped_column(Boolean, server_default="false")
    joined_at: Mapped[Moment]


class AlertFlush(Base):
    """That a group was looked at and decided about: once for each number, whoever does it."""

    __tablename__ = "alert_flushes"
    __table_args__ = (Index(None, "at"),)

    group_id: Mapped[Ref] = mapped_column(
        ForeignKey("alert_groups.id", ondelete="CASCADE"), primary_key=True
    )
    flush_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[Moment]
    alerts: Mapped[int] = mapped_column(Integer)
    notifications: Mapped[int] = mapped_column(Integer)


class AlertDecision(Base):
    """One step of what became of an alert, with its reason (`core.alerts.trace`)."""

    __tablename__ = "alert_decisions"
    __table_args__ = (Index(None, "alert_id", "id"), Index(None, "at"))

    id: Mapped[Id]
    alert_id: Mapped[Ref] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"))
    group_id: Mapped[Ref | None]
    notification_id: Mapped[Ref | None]
    channel: Mapped[str | None] = mapped_column(Text)
    step: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment]


class SilenceRow(Base):
    """What is not to be told, and until when (`core.alerts.silence`).

    `event_base` is how many events the issue had when the silence was made, `covered` how many
    alerts it kept quiet. `window` is a maintenance: cron, minutes, zone.
    """

    __tablename__ = "silences"
    __table_args__ = (
        Index("ix_silences_live", "id", postgresql_where="expired_at IS NULL"),
        Index(None, "expired_at"),
        Index(None, "project_id", "id"),
    )

    id: Mapped[Id]
    project_id: Mapped[Ref | None] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    scope: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    matchers: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    starts_at: Mapped[Moment]
    until_at: Mapped[Moment | None]
    until_resolved: Mapped[bool] = mapped_column(Boolean)
    until_events: Mapped[int | None] = mapped_column(Integer)
    until_release: Mapped[bool] = mapped_column(Boolean)
    window: Mapped[Json | None]
    author: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Moment]
    event_base: Mapped[int | None] = mapped_column(BigInteger)
    covered: Mapped[int] = mapped_column(BigInteger, server_default="0")
    matched_at: Mapped[Moment | None]
    warned_at: Mapped[Moment | None]
    expired_at: Mapped[Moment | None]
    expired_why: Mapped[str | None] = mapped_column(Text)
    expired_by: Mapped[str | None] = mapped_column(Text)
