"""What failed for good, kept whole so that it can be understood and replayed."""

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment, Ref


class DeadLetter(Base):
    """A message or a piece of work that no retry will mend. `state`: open, replayed, discarded.

    `capture_key` makes a capture that is repeated write one row. `raw` is the message body as it
    came where it could not be decoded. `replayed_as` is the work item of the replay. `broker` is
    the address of another application's broker; ours is none.
    """

    __tablename__ = "dead_letters"
    __table_args__ = (Index(None, "state", "id"), Index(None, "task", "id"))

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
