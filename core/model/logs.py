"""The lines that our processes log, in day partitions."""

from typing import Any

from sqlalchemy import BigInteger, Index, Integer, Sequence, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Moment, Ref

LINE_IDS = Sequence("log_line_ids", metadata=Base.metadata)


class LogLine(Base):
    """One line. Partitioned by day of `at` (UTC), which is when it was written.

    `level` as numbers of the standard library. `id` rises in the order in which lines became
    visible, whoever wrote them: who has read up to one has missed none before it.
    """

    __tablename__ = "log_lines"
    __table_args__ = (
        Index(None, "id"),
        Index(None, "event", "id"),
        Index("ix_log_lines_grave", "id", postgresql_where="level >= 30"),
        Index("ix_log_lines_request_id", "request_id", postgresql_where="request_id IS NOT NULL"),
        Index("ix_log_lines_task_id", "task_id", postgresql_where="task_id IS NOT NULL"),
        {"postgresql_partition_by": "RANGE (at)"},
    )
    # The mapper needs an identity; the database has none on this table.
    __mapper_args__ = {"primary_key": ["id"]}  # noqa: RUF012

    id: Mapped[Ref]
    at: Mapped[Moment]
    level: Mapped[int] = mapped_column(SmallInteger)
    event: Mapped[str] = mapped_column(Text)
    process: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(Text)
    pid: Mapped[int] = mapped_column(Integer)
    task: Mapped[str | None] = mapped_column(Text)
    task_id: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)
    project_id: Mapped[int | None] = mapped_column(BigInteger)
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB)
