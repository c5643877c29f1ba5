"""What was accepted and not yet digested, and how far each spool file has been drained."""

import uuid

from sqlalchemy import BigInteger, LargeBinary, SmallInteger, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment, Ref


class InboxRow(Base):
    """One accepted event, as it came. No unique index: `event_ids` decides at digestion.

    `kind` tells the format of `body` (`core.intake.item.Kind`), `encoding` its compression
    (`core.intake.item.Encoding`). `hints` holds what the request knew and the body does not
    (source charset, client, attempt). No foreign key: the hot path pays for none.
    """

    __tablename__ = "inbox"

    id: Mapped[Id]
    project_id: Mapped[Ref]
    event_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    received_at: Mapped[Moment]
    kind: Mapped[int] = mapped_column(SmallInteger)
    encoding: Mapped[int] = mapped_column(SmallInteger)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    hints: Mapped[Json | None]


class SpoolProgress(Base):
    """Written in the transaction that drains a spool file, so that each record is drained once."""

    __tablename__ = "spool_progress"

    file: Mapped[str] = mapped_column(Text, primary_key=True)
    offset: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[Moment]
