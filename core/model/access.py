"""API keys: who may do what over HTTP."""

from sqlalchemy import ForeignKey, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Moment, Ref


class ApiKey(Base):
    """256 random bits, kept as their SHA-256; `prefix` is what people recognise a key by."""

    __tablename__ = "api_keys"

    id: Mapped[Id]
    prefix: Mapped[str] = mapped_column(Text)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    role: Mapped[str] = mapped_column(Text)
    project_id: Mapped[Ref | None] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    label: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment | None]
    revoked_at: Mapped[Moment | None]
    last_used_at: Mapped[Moment | None]
