"""Agents of pools on their hosts, what the controller decides for them, and what it saw."""

from sqlalchemy import Double, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment


class Agent(Base):
    """One pool on one host. The controller writes `target`, the agent all the rest.

    `target` counts children, `running` the Celery processes that take work. Whoever wants the
    processes replaced raises `restarts_asked`.
    """

    __tablename__ = "agents"

    pool: Mapped[str] = mapped_column(Text, primary_key=True)
    host: Mapped[str] = mapped_column(Text, primary_key=True)
    target: Mapped[int] = mapped_column(Integer)
    running: Mapped[int] = mapped_column(Integer, server_default="0")
    state: Mapped[str] = mapped_column(Text)
    detail: Mapped[Json] = mapped_column(server_default="{}")
    seen_at: Mapped[Moment]
    restarts_asked: Mapped[int] = mapped_column(Integer, server_default="0")


class PoolLoad(Base):
    """The controller's last look at a pool, over all hosts; `wanted` knows no bounds."""

    __tablename__ = "pool_loads"

    pool: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[Moment]
    target: Mapped[int] = mapped_column(Integer)
    wanted: Mapped[int] = mapped_column(Integer)
    running: Mapped[int | None] = mapped_column(Integer)
    busy: Mapped[float | None] = mapped_column(Double)
    backlog: Mapped[float | None] = mapped_column(Double)
    oldest_seconds: Mapped[float | None] = mapped_column(Double)
    kind: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    inputs: Mapped[Json]


class ScaleDecision(Base):
    """A decision that changed something: the target, or why it does not change."""

    __tablename__ = "scale_decisions"
    __table_args__ = (Index(None, "pool", "id"), Index(None, "at"))

    id: Mapped[Id]
    pool: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment]
    kind: Mapped[str] = mapped_column(Text)
    old: Mapped[int] = mapped_column(Integer)
    new: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    inputs: Mapped[Json]


class PoolOverride(Base):
    """What an operator has set a pool to, over all hosts; for ever if it has no end."""

    __tablename__ = "pool_overrides"

    pool: Mapped[str] = mapped_column(Text, primary_key=True)
    children: Mapped[int] = mapped_column(Integer)
    author: Mapped[str] = mapped_column(Text)
    set_at: Mapped[Moment]
    until: Mapped[Moment | None]


class Leader(Base):
    """Who leads in a role, until when (by the database's clock)."""

    __tablename__ = "leaders"

    role: Mapped[str] = mapped_column(Text, primary_key=True)
    holder: Mapped[str] = mapped_column(Text)
    until: Mapped[Moment]
