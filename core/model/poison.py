"""What may have ended the process that worked on it, counted so that it does not for ever."""

from sqlalchemy import ARRAY, BigInteger, Integer, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Moment


class MessageDelivery(Base):
    """How often a message of the broker came back; gone as soon as it was acknowledged."""

    __tablename__ = "message_deliveries"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    deliveries: Mapped[int] = mapped_column(Integer)
    updated_at: Mapped[Moment]


class DigestFlight(Base):
    """Inbox rows that a digest has begun with; gone with the commit of the digest.

    A flight whose advisory lock is free has crashed. `alone` counts how often its only row did so
    with no other row beside it.
    """

    __tablename__ = "digest_flights"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    rows: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    alone: Mapped[int] = mapped_column(SmallInteger)
    begun_at: Mapped[Moment]
