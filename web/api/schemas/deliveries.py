"""Notifications of alerts with every attempt to deliver them, and the channels that they go to."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from core.alerts.channel import NoticeKind
from core.alerts.declared import Book
from core.model import DeliveryAttempt, Notification
from core.store.notifications import Asked
from web.api.schemas.shape import Id, Moment, NumberText, Shown

State = Literal["waiting", "delivered", "superseded", "dead"]


class DeliveryQuery(BaseModel):
    channel: str | None = Field(None, max_length=200)
    state: State | None = None
    kind: NoticeKind | None = None
    dedup_key: str | None = Field(None, max_length=300, description="Of one episode of a group.")
    alert: NumberText | None = Field(None, description="Only those that tell of this alert.")

    def asked(self, *, only: int | None) -> Asked:
        return Asked(
            only=only,
            channel=self.channel,
            state=self.state,
            kind=self.kind.value if self.kind else None,
            dedup_key=self.dedup_key,
            alert_id=int(self.alert) if self.alert else None,
        )


class AttemptShown(Shown):
    id: Id
    attempt: int
    at: Moment
    seconds: float | None = Field(description="None: a kill broke it off, nobody knows its end.")
    status: int | None = Field(description="What the channel answered, of HTTP or SMTP.")
    excerpt: str | None = Field(description="Of the answer, its secrets masked.")
    retry_after: float | None = Field(description="Seconds that the channel asked to wait.")
    provider_id: str | None = Field(description="How the channel calls what it took.")
    error: str | None = Field(description="None where the channel took it.")


class DeliveryShown(Shown):
    id: Id
    project_id: Id | None
    group_id: Id | None
    channel: str
    kind: NoticeKind
    state: State
    title: str
    alert_ids: list[Id]
    dedup_key: str
    webhook_id: str = Field(description="The same on every repeat.")
    thread: str | None = Field(description="How the channel calls the first message of the group.")
    work_id: Id | None
    created_at: Moment
    ended_at: Moment | None
    attempts: list[AttemptShown]

    @classmethod
    def of(cls, row: Notification, attempts: Sequence[DeliveryAttempt]) -> Self:
        mine = [each for each in attempts if each.notification_id == row.id]
        plain = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        return cls.model_validate({**plain, "title": row.notice["title"], "attempts": mine})


class Replayed(Shown):
    id: Id
    work_id: Id


class ChannelShown(Shown):
    name: str
    kind: str | None
    severities: Annotated[list[str], Field(description="None: all of them.")]
    keeps_open: bool = Field(description="Whether it waits to be told that an episode is over.")
    send_resolved: bool = Field(description="Whether it is told that an episode is over.")
    problem: str | None = Field(description="Why it cannot be used.")

    @classmethod
    def all_of(cls, book: Book) -> list[Self]:
        return [cls.one_of(book, name) for name in book.names]

    @classmethod
    def one_of(cls, book: Book, name: str) -> Self:
        found = book.declared.get(name)
        return cls(
            name=name,
            kind=found.channel.kind if found else None,
            severities=sorted(found.severities) if found else [],
            keeps_open=name in book.stateful,
            send_resolved=name not in book.quiet,
            problem=book.broken.get(name),
        )
