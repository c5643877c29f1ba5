"""Who did what, when, and from where."""

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment, Ref


class AuditEntry(Base):
    """One act of a person, a key or a part of ours; `subject` and `subject_id` are what it was on.

    `address` is where a request came from.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (Index(None, "subject", "subject_id", "id"), Index(None, "at"))

    id: Mapped[Id]
    at: Mapped[Moment]
    actor: Mapped[str] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    act: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[Ref]
    project_id: Mapped[Ref | None]
    detail: Mapped[Json] = mapped_column(server_default="{}")
