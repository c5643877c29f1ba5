"""Patterns of messages: what a project's issues are called, once values are left out."""

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index, SmallInteger, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Moment, Ref


class MessagePattern(Base):
    """One pattern of a project. `form`, `gaps` and `opened` are what its miner works with.

    `messages` were learned; the other counts and moments are those of the issues that have it.
    """

    __tablename__ = "patterns"
    __table_args__ = (
        UniqueConstraint("project_id", "pattern_id", name="uq_patterns_project_id"),
        Index(None, "project_id", "last_seen"),
        Index(None, "project_id", "event_count"),
    )

    id: Mapped[Id]
    project_id: Mapped[Ref] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    pattern_id: Mapped[str] = mapped_column(Text)
    template: Mapped[str] = mapped_column(Text)
    form: Mapped[list[str]] = mapped_column(ARRAY(Text))
    gaps: Mapped[str] = mapped_column(Text)
    opened: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    sample: Mapped[str] = mapped_column(Text)
    messages: Mapped[int] = mapped_column(BigInteger)
    issue_count: Mapped[int] = mapped_column(BigInteger)
    event_count: Mapped[int] = mapped_column(BigInteger)
    first_seen: Mapped[Moment]
    last_seen: Mapped[Moment]
    created_at: Mapped[Moment]


class PatternAlias(Base):
    """The id of a pattern that went into an older one."""

    __tablename__ = "pattern_aliases"
    __table_args__ = (Index(None, "pattern"),)

    project_id: Mapped[Ref] = mapped_column(primary_key=True)
    alias: Mapped[str] = mapped_column(Text, primary_key=True)
    pattern: Mapped[Ref] = mapped_column(ForeignKey("patterns.id", ondelete="CASCADE"))


class IssuePattern(Base):
    """The pattern of an issue's title; null where it has been forgotten since."""

    __tablename__ = "issue_patterns"
    __table_args__ = (Index(None, "pattern"),)

    issue_id: Mapped[Ref] = mapped_column(
        ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True
    )
    pattern: Mapped[Ref | None] = mapped_column(ForeignKey("patterns.id", ondelete="SET NULL"))
