"""Answers that were given to requests with an `Idempotency-Key`."""

from sqlalchemy import Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Json, Moment


class IdempotencyKey(Base):
    """Written in the transaction of what it answers, so there is no answer without the act."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index(None, "created_at"),)

    principal: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    route: Mapped[str] = mapped_column(Text)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[Json]
    created_at: Mapped[Moment]
