"""Circuit breakers as they stand, and how they came to it."""

from sqlalchemy import Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment, Ref


class Breaker(Base):
    """The truth about one breaker; Redis and the processes have copies of it.

    `version` grows with every change of `state`. `settings` are those that operators set for it.
    One that a project's application made belongs to that project, the others to everybody.
    """

    __tablename__ = "breakers"
    __table_args__ = (Index("uq_breakers_name", "name", unique=True),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)
    project_id: Mapped[Ref | None]
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[Ref]
    since: Mapped[Moment]
    retry_at: Mapped[Moment | None]
    openings: Mapped[int] = mapped_column(Integer, server_default="0")
    ramp_until: Mapped[Moment | None]
    reason: Mapped[str] = mapped_column(Text)
    author: Mapped[str | None] = mapped_column(Text)
    settings: Mapped[Json] = mapped_column(server_default="{}")


class BreakerTransition(Base):
    """A change of state; `author` is the operator behind it, `detail` what was counted."""

    __tablename__ = "breaker_transitions"
    __table_args__ = (Index(None, "name", "id"), Index(None, "at"))

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment]
    old: Mapped[str] = mapped_column(Text)
    new: Mapped[str] = mapped_column(Text)
    version: Mapped[Ref]
    reason: Mapped[str] = mapped_column(Text)
    author: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[Json] = mapped_column(server_default="{}")
