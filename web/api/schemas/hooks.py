"""Hooks: endpoints outside that are told of what came to pass, and what was sent to them."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field

from core.model import HookDelivery
from core.store.hooks import Occasion
from web.api.schemas.shape import Id, Moment, NumberText, Shown, Written


class HookCreate(Written):
    url: str = Field(min_length=1, max_length=2000, description="http:// or https://")
    name: str = Field("", max_length=200, description="Default: the host of the address.")
    occasions: list[Occasion] = Field(list(Occasion), min_length=1)
    project: NumberText | None = Field(None, description="Default: all projects.")


class HookShown(Shown):
    id: Id
    project_id: Id | None
    name: str
    url: str
    occasions: list[str]
    created_by: str
    created_at: Moment


class HookCreated(HookShown):
    secret: str | None = Field(description="Messages are signed with it; it is shown this once.")


class DeliveryShown(Shown):
    id: Id
    message_id: str = Field(description="The header `webhook-id`, the same on every repeat.")
    occasion: str
    body: dict[str, Any]
    work_id: Id | None
    state: str | None = Field(description="Of the work: waiting, published, running, done, dead.")
    attempts: int
    error: str | None = Field(description="What the last attempt failed with.")
    status: int | None = Field(description="What the endpoint answered.")
    created_at: Moment
    delivered_at: Moment | None

    @classmethod
    def of(cls, sent: HookDelivery, state: str | None, attempts: int | None, history: Any) -> Self:
        last: Mapping[str, Any] = next(
            (each for each in reversed(history or ()) if each.get("message")), {}
        )
        return cls(
            id=str(sent.id),
            message_id=sent.message_id,
            occasion=sent.occasion,
            body=sent.body,
            work_id=None if sent.work_id is None else str(sent.work_id),
            state=state,
            attempts=attempts or 0,
            error=last.get("message"),
            status=sent.status,
            created_at=sent.created_at,
            delivered_at=sent.delivered_at,
        )
