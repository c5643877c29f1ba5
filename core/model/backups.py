"""Backups that were taken, and whether their restore was tried."""

from sqlalchemy import BigInteger, Float, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment


class BackupRun(Base):
    """`state` is made, proven, failed or removed; `proof` has the checks.

    The file tells what is in it. This row tells what became of it, and goes with its retention.
    """

    __tablename__ = "backups"
    __table_args__ = (
        Index("uq_backups_name", "name", unique=True),
        Index(None, "removed_at"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text)
    place: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    taken_at: Mapped[Moment]
    seconds: Mapped[float] = mapped_column(Float)
    bytes: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[str | None] = mapped_column(Text)
    encrypted: Mapped[bool]
    cause: Mapped[str] = mapped_column(Text)
    proven_at: Mapped[Moment | None]
    recovery_seconds: Mapped[float | None] = mapped_column(Float)
    proof: Mapped[Json] = mapped_column(server_default="{}")
    removed_at: Mapped[Moment | None]
