"""Hooks: who outside is told of what came to pass, what came to pass, and what was sent."""

from sqlalchemy import ARRAY, ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.model.base import Base, Id, Json, Moment, Ref


class Hook(Base):
    """An endpoint that is told of `occasions`; of one project, or of all where it names none.

    `salt` and the platform's own secret make the secret that messages are signed with.
    """

    __tablename__ = "hooks"

    id: Mapped[Id]
    project_id: Mapped[Ref | None] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    occasions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    salt: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Moment]


class HookOccasion(Base):
    """A change of a recovery that hooks may be told of; gone once it was looked at."""

    __tablename__ = "hook_occasions"

    id: Mapped[Id]
    recovery_id: Mapped[Ref] = mapped_column(ForeignKey("recoveries.id", ondelete="CASCADE"))
    occasion: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment]


class HookDelivery(Base):
    """One message to one endpoint; `work_id` is the piece of work that sends it.

    `message_id` and `body` are the same on every repeat, `status` is what the endpoint answered.
    """

    __tablename__ = "hook_deliveries"
    __table_args__ = (Index(None, "hook_id", "id"), Index(None, "created_at"))

    id: Mapped[Id]
    hook_id: Mapped[Ref] = mapped_column(ForeignKey("hooks.id", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(Text)
    occasion: Mapped[str] = mapped_column(Text)
    body: Mapped[Json]
    work_id: Mapped[Ref | None]
    status: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[Moment]
    delivered_at: Mapped[Moment | None]
