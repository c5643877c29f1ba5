"""Projects and the public keys (DSN) by which their events come in."""

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment, Ref


class Project(Base):
    """An application whose errors are taken in. `mendline` itself is one, too."""

    __tablename__ = "projects"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text, unique=True)
    settings: Mapped[Json] = mapped_column(server_default="{}")
    created_at: Mapped[Moment]


class ProjectKey(Base):
    """The 32 hex digits of a DSN; a public key that may only write."""

    __tablename__ = "project_keys"
    __table_args__ = (Index(None, "project_id"),)

    id: Mapped[Id]
    project_id: Mapped[Ref] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    public_key: Mapped[str] = mapped_column(String(32), unique=True)
    created_at: Mapped[Moment]
    revoked_at: Mapped[Moment | None]
