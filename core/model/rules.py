"""The rules that projects write for themselves, in every version, and how often they matched."""

import datetime as dt

from sqlalchemy import BigInteger, Date, ForeignKey, Integer, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Moment, Ref


class ProjectRules(Base):
    """One version of a project's file of rules. Empty `content` takes the rules away.

    Rows are added and never changed: the newest holds, the others say who changed what and when.
    """

    __tablename__ = "project_rules"

    project_id: Mapped[Ref] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Moment]


class RuleHits(Base):
    """Events that a rule decided about, by the day (UTC) on which they were received.

    `writer` spreads a row over processes, so that commits do not queue for it.
    """

    __tablename__ = "rule_hits"

    project_id: Mapped[Ref] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    rule: Mapped[str] = mapped_column(Text, primary_key=True)
    writer: Mapped[int] = mapped_column(SmallInteger, primary_key=True, server_default="0")
    events: Mapped[int] = mapped_column(BigInteger)
