"""The work ledger: everything that must be done once decided."""

from typing import Final, cast

from sqlalchemy import Boolean, Index, Integer, SmallInteger, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment, Ref

# Ended rows keep their unique key while they have a time for it.
LIVE_WITH_KEY: Final = (
    "unique_key IS NOT NULL"
    " AND (state IN ('waiting', 'published', 'running') OR unique_until IS NOT NULL)"
)
READY: Final = "state = 'waiting' AND NOT parked"
PARKED: Final = "state = 'waiting' AND parked"
KEYED: Final = (
    "concurrency_key IS NOT NULL AND NOT parked AND state IN ('waiting', 'published', 'running')"
)


class WorkItem(Base):
    """One piece of work. `state`: waiting, published, running, done, dead, cancelled.

    A retry goes back to waiting with a later `due_at`. `attempt` counts starts. `lease_until`
    is by the database's clock and renewed by the worker's main process while the task runs.
    `target` names what a hold can hold (an open breaker). `unique_key` is unique among the live,
    and until `unique_until` among the ended. `band` is where the broker has its message.
    Of a `concurrency_key` at most `concurrency_limit` run; those beyond are `parked` meanwhile.
    `context` is what the deciding request or task was about; `replay_of` a dead letter.
    """

    __tablename__ = "work_items"
    __table_args__ = (
        Index(
            "ix_work_items_ready",
            "queue",
            "priority",
            text("coalesce(target, '')"),
            "due_at",
            "id",
            postgresql_where=READY,
        ),
        Index(
            "ix_work_items_published",
            "queue",
            "band",
            "published_at",
            postgresql_where="state = 'published'",
        ),
        Index(
            "ix_work_items_keyed", "concurrency_key", "state", "priority", postgresql_where=KEYED
        ),
        Index(
            "ix_work_items_parked",
            "concurrency_key",
            "priority",
            "due_at",
            postgresql_where=PARKED,
        ),
        Index("ix_work_items_leased", "lease_until", postgresql_where="state = 'running'"),
        Index("ix_work_items_finished", "finished_at", postgresql_where="finished_at IS NOT NULL"),
        Index(
            "uq_work_items_unique_key",
            "unique_key",
            unique=True,
            postgresql_where=LIVE_WITH_KEY,
        ),
    )

    id: Mapped[Id]
    task: Mapped[str] = mapped_column(Text)
    arguments: Mapped[Json]
    queue: Mapped[str] = mapped_column(Text)
    priority: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(Text)
    due_at: Mapped[Moment]
    target: Mapped[str | None] = mapped_column(Text)
    unique_key: Mapped[str | None] = mapped_column(Text)
    unique_until: Mapped[Moment | None]
    concurrency_key: Mapped[str | None] = mapped_column(Text)
    concurrency_limit: Mapped[int | None] = mapped_column(Integer)
    parked: Mapped[bool] = mapped_column(Boolean, server_default="false")
    band: Mapped[int | None] = mapped_column(SmallInteger)
    attempt: Mapped[int] = mapped_column(Integer, server_default="0")
    max_attempts: Mapped[int] = mapped_column(Integer)
    lease_seconds: Mapped[int] = mapped_column(Integer)
    lease_until: Mapped[Moment | None]
    leased_by: Mapped[str | None] = mapped_column(Text)
    history: Mapped[list[dict[str, object]]] = mapped_column(JSONB, server_default="[]")
    result: Mapped[Json | None]
    context: Mapped[Json] = mapped_column(server_default="{}")
    replay_of: Mapped[Ref | None]
    created_at: Mapped[Moment]
    published_at: Mapped[Moment | None]
    started_at: Mapped[Moment | None]
    finished_at: Mapped[Moment | None]


# For statements in bulk and by compare-and-set, which no object in a session should follow.
ITEMS: Final = cast("Table", WorkItem.__table__)


class WorkHold(Base):
    """Rows of this target wait until `until`; an open breaker writes one.

    Each holder has its own, so that one who lets go frees nothing that another still holds.
    """

    __tablename__ = "work_holds"

    target: Mapped[str] = mapped_column(Text, primary_key=True)
    holder: Mapped[str] = mapped_column(Text, primary_key=True)
    until: Mapped[Moment]
    reason: Mapped[str] = mapped_column(Text)
