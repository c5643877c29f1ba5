"""Rules of alerts in all their versions, alerts with their changes of state, and the clock."""

from typing import Final, cast

from sqlalchemy import Boolean, Double, ForeignKey, Index, Integer, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment, Ref


class AlertRule(Base):
    """One rule as it holds. No project means all of them.

    `source` says who looks after it: default (shipped), file (`MENDLINE_ALERTS_FILE`) or api.
    `body` is the rule in its normal form, as `core.alerts.rule` reads it.
    """

    __tablename__ = "alert_rules"

    id: Mapped[Id]
    project_id: Mapped[Ref | None] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text, unique=True)
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    source: Mapped[str] = mapped_column(Text)
    body: Mapped[Json]
    enabled: Mapped[bool] = mapped_column(Boolean, server_default="true")
    author: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]


class AlertRuleVersion(Base):
    """What a rule said once; rows are added and never changed."""

    __tablename__ = "alert_rule_versions"

    rule_id: Mapped[Ref] = mapped_column(
        ForeignKey("alert_rules.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    body: Mapped[Json]
    enabled: Mapped[bool] = mapped_column(Boolean)
    author: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Moment]


class Alert(Base):
    """One episode of one series of a rule, or of what another program pushed (`source` push).

    `fingerprint` is the hash of `labels`; of a source and a fingerprint one alert lives at a time,
    and lives until `resolved_at`. `clear_since` is since when the condition has not held while
    the alert still does. A person's `dismissed` alert stays away until its condition was over once.
    `escalation` counts the steps taken because nobody acknowledged it.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index(
            "uq_alerts_live",
            "source",
            "fingerprint",
            unique=True,
            postgresql_where="resolved_at IS NULL",
        ),
        Index(None, "source", "fingerprint", "id"),
        Index(None, "rule_id", "id"),
        Index(None, "issue_id", postgresql_where="issue_id IS NOT NULL"),
        Index(None, "project_id", "id"),
        Index("ix_alerts_dismissed", "id", postgresql_where="dismissed"),
        Index(None, "resolved_at", postgresql_where="resolved_at IS NOT NULL"),
    )

    id: Mapped[Id]
    rule_id: Mapped[Ref | None] = mapped_column(ForeignKey("alert_rules.id", ondelete="SET NULL"))
    source: Mapped[str] = mapped_column(Text, server_default="rule")
    fingerprint: Mapped[str] = mapped_column(Text)
    labels: Mapped[Json]
    annotations: Mapped[Json] = mapped_column(server_default="{}")
    severity: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    flapping: Mapped[bool] = mapped_column(Boolean, server_default="false")
    value: Mapped[float | None] = mapped_column(Double)
    episode: Mapped[int] = mapped_column(Integer, server_default="1")
    reason: Mapped[str] = mapped_column(Text)
    started_at: Mapped[Moment]
    state_at: Mapped[Moment]
    fired_at: Mapped[Moment | None]
    acknowledged_at: Mapped[Moment | None]
    acknowledged_by: Mapped[str | None] = mapped_column(Text)
    assignee: Mapped[str | None] = mapped_column(Text)
    clear_since: Mapped[Moment | None]
    resolved_at: Mapped[Moment | None]
    ends_at: Mapped[Moment | None]
    dismissed: Mapped[bool] = mapped_column(Boolean, server_default="false")
    escalation: Mapped[int] = mapped_column(Integer, server_default="0")
    generator_url: Mapped[str | None] = mapped_column(Text)
    project_id: Mapped[Ref | None] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    issue_id: Mapped[Ref | None] = mapped_column(ForeignKey("issues.id", ondelete="SET NULL"))
    component: Mapped[str | None] = mapped_column(Text)
    release: Mapped[str | None] = mapped_column(Text)


class AlertTransition(Base):
    """A change of state, of severity or by escalation; written by compare-and-set.

    Whoever groups and routes claims those without `processed_at`.
    """

    __tablename__ = "alert_transitions"
    __table_args__ = (
        Index(None, "alert_id", "id"),
        Index("ix_alert_transitions_unprocessed", "id", postgresql_where="processed_at IS NULL"),
    )

    id: Mapped[Id]
    alert_id: Mapped[Ref] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"))
    old: Mapped[str | None] = mapped_column(Text)
    new: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text)
    value: Mapped[float | None] = mapped_column(Double)
    at: Mapped[Moment]
    processed_at: Mapped[Moment | None]


class AlertNote(Base):
    """What somebody wrote about an alert."""

    __tablename__ = "alert_notes"
    __table_args__ = (Index(None, "alert_id", "id"),)

    id: Mapped[Id]
    alert_id: Mapped[Ref] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"))
    author: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment]


class AlertClock(Base):
    """How far rules have been evaluated; its lock lets one evaluation run at a time."""

    __tablename__ = "alert_clocks"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    evaluated_at: Mapped[Moment]
    detail: Mapped[Json] = mapped_column(server_default="{}")


class GaugeMinute(Base):
    """A number that is measured now and then (disk, certificate, cost, …), by the minute.

    `series` is the hash of `labels`. `last` is the latest of the minute.
    """

    __tablename__ = "gauge_minutes"
    __table_args__ = (Index(None, "minute"),)

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    series: Mapped[str] = mapped_column(Text, primary_key=True)
    minute: Mapped[Moment] = mapped_column(primary_key=True)
    labels: Mapped[Json]
    project_id: Mapped[Ref | None]
    last: Mapped[float] = mapped_column(Double)
    least: Mapped[float] = mapped_column(Double)
    most: Mapped[float] = mapped_column(Double)


# For statements by compare-and-set, which no object in a session should follow.
ALERTS: Final = cast("Table", Alert.__table__)
