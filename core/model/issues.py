"""Issues, the keys that lead to them, their changes of state, and the signals they raise."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment, Ref


class Issue(Base):
    """Events that are the same failure. `status`: unresolved, resolved, ignored or regressed.

    `kind` is what went wrong inside of the family. `merged_into` points to the issue that took this
    one's events over.
    """

    __tablename__ = "issues"
    __table_args__ = (
        Index(None, "project_id", "last_seen"),
        Index(None, "project_id", "status", "last_seen"),
        Index("ix_issues_merged_into", "merged_into", postgresql_where="merged_into IS NOT NULL"),
    )

    id: Mapped[Id]
    project_id: Mapped[Ref] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(Text)
    culprit: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    family: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    transient: Mapped[bool] = mapped_column(Boolean)
    severity: Mapped[str] = mapped_column(Text)
    component: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    status_changed_at: Mapped[Moment]
    ignored_until: Mapped[Moment | None]
    first_seen: Mapped[Moment]
    last_seen: Mapped[Moment]
    first_release: Mapped[str | None] = mapped_column(Text)
    last_release: Mapped[str | None] = mapped_column(Text)
    event_count: Mapped[int] = mapped_column(BigInteger)
    merged_into: Mapped[Ref | None] = mapped_column(ForeignKey("issues.id", ondelete="SET NULL"))


class IssueFingerprint(Base):
    """One issue key of a project and the issue that it leads to.

    Keys of older grouping versions stay, so that a better algorithm splits no issue. `example` is
    what grouping reads of the key's first event, as zstd of JSON; from it the key of a newer
    algorithm is found, which is `carried_from` this one. `carried_version` is how far that went.
    `rule` is the project's rule that made the key, if one did.
    """

    __tablename__ = "issue_fingerprints"
    __table_args__ = (
        Index(None, "issue_id"),
        Index(None, "carried_version"),
        Index(None, "project_id", "grouping_version"),
        Index(None, "created_at"),
    )

    project_id: Mapped[Ref] = mapped_column(primary_key=True)
    issue_key: Mapped[str] = mapped_column(Text, primary_key=True)
    issue_id: Mapped[Ref] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"))
    mechanism: Mapped[str] = mapped_column(Text)
    grouping_version: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[Moment]
    carried_version: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    carried_from: Mapped[str | None] = mapped_column(Text)
    rule: Mapped[str | None] = mapped_column(Text)
    example: Mapped[bytes | None] = mapped_column(LargeBinary)


class IssueTransition(Base):
    """A change of state, with its reason and who made it; written by compare-and-set."""

    __tablename__ = "issue_transitions"
    __table_args__ = (Index(None, "issue_id", "at"),)

    id: Mapped[Id]
    issue_id: Mapped[Ref] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"))
    old: Mapped[str | None] = mapped_column(Text)
    new: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment]


class IssueMerge(Base):
    """One issue taken over by another, with what is needed to part them again.

    `issue_keys` moved with it. `target_first_seen` and `target_last_seen` are the target's own,
    without what any merge brought.
    """

    __tablename__ = "issue_merges"
    __table_args__ = (
        Index(
            "uq_issue_merges_live_source",
            "source_id",
            unique=True,
            postgresql_where="undone_at IS NULL",
        ),
        Index(None, "target_id"),
    )

    id: Mapped[Id]
    source_id: Mapped[Ref] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"))
    target_id: Mapped[Ref] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"))
    issue_keys: Mapped[list[str]] = mapped_column(ARRAY(Text))
    event_count: Mapped[int] = mapped_column(BigInteger)
    target_first_seen: Mapped[Moment]
    target_last_seen: Mapped[Moment]
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment]
    undone_at: Mapped[Moment | None]
    undone_by: Mapped[str | None] = mapped_column(Text)


class Signal(Base):
    """Something that the next stages should look at: new_issue, regression, …"""

    __tablename__ = "signals"
    __table_args__ = (
        Index("ix_signals_unprocessed", "id", postgresql_where="processed_at IS NULL"),
        Index(None, "project_id", "at"),
        Index(
            "ix_signals_recoverable",
            "issue_id",
            text("(detail ->> 'category')"),
            "at",
            postgresql_where="kind = 'recoverable'",
        ),
    )

    id: Mapped[Id]
    project_id: Mapped[Ref]
    issue_id: Mapped[Ref | None]
    kind: Mapped[str] = mapped_column(Text)
    detail: Mapped[Json] = mapped_column(server_default="{}")
    at: Mapped[Moment]
    processed_at: Mapped[Moment | None]
