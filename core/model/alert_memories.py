"""What conditions of alerts remember of their series, and what was learnt of people's answers."""

from sqlalchemy import Double, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment


class AlertMemory(Base):
    """Of one series of a measure: what is known up to `until`; `seen_at` is its last value's time.

    Memories can be made again from roll-ups: they are kept to save time, and go when not used.
    """

    __tablename__ = "alert_memories"
    __table_args__ = (Index(None, "until"),)

    measure: Mapped[str] = mapped_column(Text, primary_key=True)
    series: Mapped[str] = mapped_column(Text, primary_key=True)
    until: Mapped[Moment]
    seen_at: Mapped[Moment]
    state: Mapped[Json]


class AlertRanking(Base):
    """How likely an alert is worth a look, as learnt at one time; the newest is in use.

    `body` holds plain numbers, so that nobody needs a library to use them; `loss` is what it erred
    on answers that it had not seen, `plain_loss` what one number for all alerts would have.
    """

    __tablename__ = "alert_rankings"

    id: Mapped[Id]
    made_at: Mapped[Moment]
    useful: Mapped[int] = mapped_column(Integer)
    useless: Mapped[int] = mapped_column(Integer)
    loss: Mapped[float] = mapped_column(Double)
    plain_loss: Mapped[float] = mapped_column(Double)
    body: Mapped[Json]
