"""Agents of pools on their hosts, and the targets that the controller writes for them."""

from sqlalchemy import Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Json, Moment


class Agent(Base):
    """One pool on one host. The controller writes `target`, the agent all the rest."""

    __tablename__ = "agents"

    pool: Mapped[str] = mapped_column(Text, primary_key=True)
    host: Mapped[str] = mapped_column(Text, primary_key=True)
    target: Mapped[int] = mapped_column(Integer)
    running: Mapped[int] = mapped_column(Integer, server_default="0")
    state: Mapped[str] = mapped_column(Text)
    detail: Mapped[Json] = mapped_column(server_default="{}")
    seen_at: Mapped[Moment]


class Leader(Base):
    """Who leads in a role, until when (by the database's clock)."""

    __tablename__ = "leaders"

    role: Mapped[str] = mapped_column(Text, primary_key=True)
    holder: Mapped[str] = mapped_column(Text)
    until: Mapped[Moment]
