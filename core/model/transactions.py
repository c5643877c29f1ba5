"""Transactions that have a name, sagas and their steps, and how often retries succeed."""

from sqlalchemy import BigInteger, Double, ForeignKey, Index, Integer, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment, Ref

UNDECIDED = "state IN ('preparing', 'committing', 'aborting')"
UNFINISHED = "state IN ('running', 'compensating')"


class Transaction(Base):
    """`kind`: local or two_phase. `state`: preparing, committing, aborting, committed, rolled_back.

    Of one in two phases this row is the coordinator's log: what it says is what the `databases`
    do. `key` is in the names of its prepared parts; `expires_at` is by the database's clock.
    """

    __tablename__ = "transactions"
    __table_args__ = (
        Index("ix_transactions_began_at", "began_at", "id"),
        Index("ix_transactions_name", "name", "began_at", "id"),
        Index("ix_transactions_undecided", "id", postgresql_where=UNDECIDED),
        Index("uq_transactions_key", "key", unique=True, postgresql_where=text("key IS NOT NULL")),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    key: Mapped[str | None] = mapped_column(Text)
    databases: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")
    attempts: Mapped[int] = mapped_column(Integer, server_default="1")
    seconds: Mapped[float | None] = mapped_column(Double)
    error_code: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    began_at: Mapped[Moment]
    expires_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]


class Saga(Base):
    """`state`: running, compensating, completed, compensated, stuck.

    `steps` are the names as they were when it began, `position` is the step that is its turn,
    `work_id` the piece of work that does it. `unique_key` keeps it from being begun twice.
    """

    __tablename__ = "sagas"
    __table_args__ = (
        Index("ix_sagas_began_at", "began_at", "id"),
        Index("ix_sagas_unfinished", "id", postgresql_where=UNFINISHED),
        Index(
            "uq_sagas_unique_key",
            "unique_key",
            unique=True,
            postgresql_where=text("unique_key IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    steps: Mapped[list[str]] = mapped_column(JSONB)
    position: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    arguments: Mapped[Json]
    results: Mapped[Json] = mapped_column(server_default="{}")
    unique_key: Mapped[str | None] = mapped_column(Text)
    work_id: Mapped[int | None] = mapped_column(BigInteger)
    error_code: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    began_at: Mapped[Moment]
    deadline_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]


class SagaStep(Base):
    """One direction of a step: `do` or `undo`. `state`: running, done, failed.

    The row is there before the step begins: a step without one has had no effect.
    """

    __tablename__ = "saga_steps"

    saga_id: Mapped[Ref] = mapped_column(
        ForeignKey("sagas.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    direction: Mapped[str] = mapped_column(Text, primary_key=True)
    step: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, server_default="1")
    error_code: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    began_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]


class RetryRate(Base):
    """How attempts went in an hour, by what had failed before them and where; the first is none.

    `component` is that of a reported error, or `task:` with the name of a task of ours.
    """

    __tablename__ = "retry_rates"
    __table_args__ = (Index(None, "hour"),)

    category: Mapped[str] = mapped_column(Text, primary_key=True)
    component: Mapped[str] = mapped_column(Text, primary_key=True)
    attempt: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    hour: Mapped[Moment] = mapped_column(primary_key=True)
    tried: Mapped[int] = mapped_column(BigInteger, server_default="0")
    failed: Mapped[int] = mapped_column(BigInteger, server_default="0")


class RetryMark(Base):
    """Up to when the ledger has been read for the rates."""

    __tablename__ = "retry_marks"

    source: Mapped[str] = mapped_column(Text, primary_key=True)
    until: Mapped[Moment]
