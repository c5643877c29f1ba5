"""Stored events in day partitions, their ids, and the dictionaries that their payloads need."""

import uuid

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, SmallInteger, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment, Ref


class EventId(Base):
    """The one place where an event id is unique. Looked up by event id alone, too.

    `received_at` is that of the event and leads to its partition. It needs no index: ids are
    forgotten by going through the partition that is to be dropped.
    """

    __tablename__ = "event_ids"

    event_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    project_id: Mapped[Ref] = mapped_column(primary_key=True)
    received_at: Mapped[Moment]


class Event(Base):
    """A digested event. Partitioned by day of `received_at` (UTC); partitions are made ahead.

    `payload` is zstd of the JSON `{"event": …, "analysis": …}`, with the dictionary
    `dictionary_id` where one is set; null with `thinned` when a flooding issue was sampled.
    `proposal` is set where the payload is not there to tell it.
    No primary key and no foreign keys: partitions come and go, `event_ids` guards uniqueness.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "event_id"),
        Index(None, "issue_id", "received_at"),
        {"postgresql_partition_by": "RANGE (received_at)"},
    )
    # The mapper needs an identity; the database has none on this table.
    __mapper_args__ = {"primary_key": ["event_id", "project_id"]}  # noqa: RUF012

    event_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    project_id: Mapped[Ref]
    issue_id: Mapped[Ref]
    received_at: Mapped[Moment]
    timestamp: Mapped[Moment]
    level: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    family: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text)
    proposal: Mapped[Json | None]
    transient: Mapped[bool] = mapped_column(Boolean)
    severity: Mapped[str] = mapped_column(Text)
    component: Mapped[str | None] = mapped_column(Text)
    release: Mapped[str | None] = mapped_column(Text)
    environment: Mapped[str | None] = mapped_column(Text)
    thinned: Mapped[bool] = mapped_column(Boolean, server_default="false")
    dictionary_id: Mapped[int | None] = mapped_column(Integer)
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)


class PayloadDictionary(Base):
    """A zstd dictionary trained on a project's first events; kept while payloads need it."""

    __tablename__ = "payload_dictionaries"
    __table_args__ = (Index(None, "project_id", "version", unique=True),)

    id: Mapped[Id]
    project_id: Mapped[Ref] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(SmallInteger)
    sample_count: Mapped[int] = mapped_column(Integer)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Moment]
