"""Hooks: endpoints outside that are told of what came to pass."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session

from config import wiring
from core.access.audit import Actor
from core.hooks import endpoints
from core.hooks.endpoints import NewHook
from core.hooks.secret import secret_of
from core.hooks.telling import Announcer
from core.store import hooks, projects
from web.api.acting import Acting
from web.api.auth import Admin, CallerAddress, Reader
from web.api.listing import Listed
from web.api.schemas.hooks import DeliveryShown, HookCreate, HookCreated, HookShown
from web.api.schemas.shape import Number
from web.api.services import Provided

router = APIRouter(prefix="/hooks", tags=["hooks"])


@router.get("", response_model=list[HookShown], summary="List hooks, newest first")
def list_hooks(services: Provided, who: Reader, ask: Listed) -> Sequence[Any]:
    with services.database.transaction() as session:
        page = hooks.page(session, only=who.project_id, cursor=ask.cursor, limit=ask.limit)
        return ask.link(page)


@router.post("", status_code=201, summary="Create a hook; its secret is shown this once")
def create_hook(
    body: HookCreate, services: Provided, who: Admin, address: CallerAddress, act: Acting
) -> HookCreated:
    def create(session: Session) -> HookCreated:
        chosen = int(body.project) if body.project else who.project_id
        if chosen is not None:
            projects.visible(session, chosen, only=who.project_id)
        wanted = NewHook(body.url, body.name, body.occasions, chosen)
        actor, now = Actor(who.name, address), services.clock.now()
        made = endpoints.create(session, wanted, actor=actor, now=now)
        secret = secret_of(wiring.seal(services.settings), made.salt)
        return HookCreated(**HookShown.model_validate(made).model_dump(), secret=secret)

    return act.once(HookCreated, create, secret="secret")  # noqa: S106 (the name of a field)


@router.get("/{hook_id}", summary="One hook")
def get_hook(hook_id: Number, services: Provided, who: Reader) -> HookShown:
    with services.database.transaction() as session:
        return HookShown.model_validate(hooks.get(session, hook_id, only=who.project_id))


@router.delete("/{hook_id}", summary="Delete a hook, with what is still to be sent to it")
def delete_hook(
    hook_id: Number, services: Provided, who: Admin, address: CallerAddress
) -> HookShown:
    with services.database.transaction() as session:
        hook = hooks.get(session, hook_id, only=who.project_id)
        shown = HookShown.model_validate(hook)
        actor, now = Actor(who.name, address), services.clock.now()
        endpoints.remove(session, hook, actor=actor, now=now)
        return shown


@router.post("/{hook_id}/test", summary="Send it a message of no meaning")
def test_hook(
    hook_id: Number, services: Provided, who: Admin, address: CallerAddress, act: Acting
) -> DeliveryShown:
    announcer = Announcer(services.ledger.add, plugged=False)

    def send(session: Session) -> DeliveryShown:
        hook = hooks.get(session, hook_id, only=who.project_id)
        actor, now = Actor(who.name, address), services.clock.now()
        sent = endpoints.trial(session, hook, announcer, actor=actor, now=now)
        return DeliveryShown.of(sent, "waiting", 0, ())

    return act.once(DeliveryShown, send)


@router.get("/{hook_id}/deliveries", summary="What was sent to it, newest first")
def list_deliveries(
    hook_id: Number, services: Provided, who: Reader, ask: Listed
) -> list[DeliveryShown]:
    with services.database.transaction() as session:
        hook = hooks.get(session, hook_id, only=who.project_id)
        page = hooks.deliveries(session, hook.id, cursor=ask.cursor, limit=ask.limit)
        ask.link(page)
        return [DeliveryShown.of(*row[:4]) for row in page.rows]
