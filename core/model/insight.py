"""What issues have to do with one another: whom they hit, what they are like, what comes along."""

from enum import IntEnum

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Moment, Ref

_BYTES = Text(collation="C")


class Facet(IntEnum):
    """What an issue's events are counted by."""

    RELEASE = 1
    ENVIRONMENT = 2
    COMPONENT = 3


class Visitor(IntEnum):
    """What an issue meets: users, and the traces of distributed tracing."""

    USER = 1
    TRACE = 2


class IssueFacet(Base):
    """How many events of an issue carried a value, and when. Values that were folded are ''.

    `first_seen` and `last_seen` go by the clients' clocks, as those of the issue do.
    """

    __tablename__ = "issue_facets"

    issue_id: Mapped[Ref] = mapped_column(primary_key=True)
    kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    value: Mapped[str] = mapped_column(_BYTES, primary_key=True)
    project_id: Mapped[Ref]
    events: Mapped[int] = mapped_column(BigInteger)
    first_seen: Mapped[Moment]
    last_seen: Mapped[Moment]


class IssueVisitor(Base):
    """That an issue met a user or a trace, whose keyed hash is all that is kept.

    Only hashes below the issue's `VisitorLimit` are kept: a sample that is the same for all
    issues, so that samples can be united and compared.
    """

    __tablename__ = "issue_visitors"

    project_id: Mapped[Ref] = mapped_column(primary_key=True)
    kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    issue_id: Mapped[Ref] = mapped_column(primary_key=True)
    hash: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    seen_at: Mapped[Moment]


class VisitorLimit(Base):
    """Of an issue that meets too many, hashes from `below` on are not kept."""

    __tablename__ = "visitor_limits"

    project_id: Mapped[Ref] = mapped_column(primary_key=True)
    kind: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    issue_id: Mapped[Ref] = mapped_column(primary_key=True)
    below: Mapped[int] = mapped_column(BigInteger)
    set_at: Mapped[Moment]


class Sighting(Base):
    """When a release was seen in an environment and component; '' stands for none."""

    __tablename__ = "sightings"
    __table_args__ = (Index(None, "project_id", "first_seen"),)

    project_id: Mapped[Ref] = mapped_column(primary_key=True)
    release: Mapped[str] = mapped_column(_BYTES, primary_key=True)
    environment: Mapped[str] = mapped_column(_BYTES, primary_key=True)
    component: Mapped[str] = mapped_column(_BYTES, primary_key=True)
    first_seen: Mapped[Moment]
    last_seen: Mapped[Moment]


class IssueShape(Base):
    """What one issue key looks like (`core.analysis.shape`); `marks` are what it is found by."""

    __tablename__ = "issue_shapes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "issue_key"],
            ["issue_fingerprints.project_id", "issue_fingerprints.issue_key"],
            ondelete="CASCADE",
        ),
        Index(None, "marks", postgresql_using="gin"),
    )

    project_id: Mapped[Ref] = mapped_column(primary_key=True)
    issue_key: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(SmallInteger)
    type: Mapped[str] = mapped_column(Text)
    template: Mapped[str] = mapped_column(Text)
    frames: Mapped[list[str]] = mapped_column(ARRAY(Text))
    own: Mapped[list[bool]] = mapped_column(ARRAY(Boolean))
    marks: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    made_at: Mapped[Moment]


class MarkCount(Base):
    """In how many shapes of a project a mark stands; the mark 0 counts all shapes."""

    __tablename__ = "mark_counts"

    project_id: Mapped[Ref] = mapped_column(primary_key=True)
    mark: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    shapes: Mapped[int] = mapped_column(BigInteger)
    counted_at: Mapped[Moment]


class MergeSuggestion(Base):
    """Two issues that may be one failure. `state`: open, accepted or dismissed.

    `target_id` is the older of the two. A pair stands here once, whatever becomes of it.
    """

    __tablename__ = "merge_suggestions"
    __table_args__ = (
        CheckConstraint("target_id < source_id", name="ordered"),
        UniqueConstraint("target_id", "source_id"),
        Index("ix_merge_suggestions_project_id_state_id", "project_id", "state", "id"),
        Index(None, "source_id"),
    )

    id: Mapped[Id]
    project_id: Mapped[Ref]
    target_id: Mapped[Ref] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"))
    source_id: Mapped[Ref] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"))
    score: Mapped[float] = mapped_column(Double)
    reasons: Mapped[list[str]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text)
    made_at: Mapped[Moment]
    decided_at: Mapped[Moment | None]
    actor: Mapped[str | None] = mapped_column(Text)


class CorrelationGroup(Base):
    """Issues that burst together. `state`: open or closed. `suspect_id` came before the others."""

    __tablename__ = "correlation_groups"
    __table_args__ = (
        Index(None, "project_id", "id"),
        Index("ix_correlation_groups_open", "project_id", postgresql_where="state = 'open'"),
    )

    id: Mapped[Id]
    project_id: Mapped[Ref] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(Text)
    started_at: Mapped[Moment]
    last_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]
    suspect_id: Mapped[Ref | None] = mapped_column(ForeignKey("issues.id", ondelete="SET NULL"))
    confidence: Mapped[float] = mapped_column(Double)
    reasons: Mapped[list[str]] = mapped_column(JSONB)
    issue_count: Mapped[int] = mapped_column(Integer)
    event_count: Mapped[int] = mapped_column(BigInteger)


class CorrelationMember(Base):
    """One issue of a group. `place` in the order of suspicion; `usual` events in such a window."""

    __tablename__ = "correlation_members"
    __table_args__ = (Index(None, "issue_id"),)

    group_id: Mapped[Ref] = mapped_column(
        ForeignKey("correlation_groups.id", ondelete="CASCADE"), primary_key=True
    )
    issue_id: Mapped[Ref] = mapped_column(
        ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[int] = mapped_column(Integer)
    onset: Mapped[Moment]
    events: Mapped[int] = mapped_column(BigInteger)
    usual: Mapped[float] = mapped_column(Double)
    shared_traces: Mapped[int] = mapped_column(Integer)
    suspicion: Mapped[float] = mapped_column(Double)
    reasons: Mapped[list[str]] = mapped_column(JSONB)


class Deploy(Base):
    """Something that people or their pipelines changed at a time: a release, a configuration.

    `name` is the release or what was changed.
    """

    __tablename__ = "deploys"
    __table_args__ = (Index(None, "project_id", "at"),)

    id: Mapped[Id]
    project_id: Mapped[Ref] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    environment: Mapped[str | None] = mapped_column(Text)
    component: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment]
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Moment]
