"""What failed for good, kept whole so that it can be understood, edited and replayed."""

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment, Ref


class DeadLetter(Base):
    """A message or a piece of work that no retry will mend. `state`: open, replayed, discarded.

    `capture_key` makes a capture that is repeated write one row. `raw` is the message body as it
    came where it could not be decoded. `replayed_as` is the work item of the replay, `replay_of`
    the letter whose replay this is. `broker` is the declared name of another application's broker;
    ours is none. `target` is what a hold on the work holds. `template` is the message without what
    changes from case to case; `fingerprint` is shared by letters that failed alike, and is none
    until somebody looks.
    """

    __tablename__ = "dead_letters"
    __table_args__ = (
        Index(None, "state", "id"),
        Index(None, "task", "id"),
        Index(None, "fingerprint", "id"),
        Index(None, "created_at"),
        Index("ix_dead_letters_ungrouped", "id", postgresql_where="fingerprint IS NULL"),
        Index("ix_dead_letters_replay_of", "replay_of", postgresql_where="replay_of IS NOT NULL"),
    )

    id: Mapped[Id]
    capture_key: Mapped[str] = mapped_column(Text, unique=True)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    task: Mapped[str | None] = mapped_column(Text)
    queue: Mapped[str | None] = mapped_column(Text)
    broker: Mapped[str | None] = mapped_column(Text)
    message_id: Mapped[str | None] = mapped_column(Text)
    work_id: Mapped[int | None] = mapped_column(BigInteger)
    project_id: Mapped[Ref | None]
    arguments: Mapped[Json | None]
    headers: Mapped[Json | None]
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    error_code: Mapped[str | None] = mapped_column(Text)
    category: Mapped[str | None] = mapped_column(Text)
    error_type: Mapped[str | None] = mapped_column(Text)
    message: Mapped[str | None] = mapped_column(Text)
    traceback: Mapped[str | None] = mapped_column(Text)
    history: Mapped[list[dict[str, object]]] = mapped_column(JSONB, server_default="[]")
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    fingerprint: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]
    closed_by: Mapped[str | None] = mapped_column(Text)
    close_reason: Mapped[str | None] = mapped_column(Text)
    replayed_as: Mapped[int | None] = mapped_column(BigInteger)
    target: Mapped[str | None] = mapped_column(Text)
    template: Mapped[str | None] = mapped_column(Text)
    replay_of: Mapped[int | None] = mapped_column(BigInteger)


class LetterEdit(Base):
    """What a replay sends instead of what the letter holds; the newest version counts.

    `arguments` are all of them, as the letter's own.
    """

    __tablename__ = "dead_letter_edits"

    letter_id: Mapped[Ref] = mapped_column(
        ForeignKey("dead_letters.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    arguments: Mapped[Json]
    queue: Mapped[str | None] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    made_at: Mapped[Moment]


class KnownTask(Base):
    """A task that a worker has announced; `parameters` are what its body takes, in order."""

    __tablename__ = "known_tasks"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    delivery: Mapped[str] = mapped_column(Text)
    parameters: Mapped[list[dict[str, object]]] = mapped_column(JSONB)
    announced_at: Mapped[Moment]
