"""Switches that applications read: do without, use the other one, leave this piece of work."""

from typing import Any

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Moment, Ref


class Switch(Base):
    """A value that is published, until `until` if it has an end; `version` is its last change."""

    __tablename__ = "switches"

    project_id: Mapped[Ref] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)
    version: Mapped[Ref]
    author: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    set_at: Mapped[Moment]
    until: Mapped[Moment | None]


class SwitchChange(Base):
    """Who changed what and why; none for `new` took the switch away."""

    __tablename__ = "switch_changes"
    __table_args__ = (Index(None, "project_id", "id"),)

    id: Mapped[Id]
    project_id: Mapped[Ref] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    old: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    new: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    author: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment]
    until: Mapped[Moment | None]
