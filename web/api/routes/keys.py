"""API keys."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session

from core.access import issuing, keys
from core.access.audit import Actor
from core.access.keys import NewKey
from core.store import projects
from web.api.acting import Acting
from web.api.auth import Admin, CallerAddress
from web.api.listing import Listed
from web.api.schemas.keys import KeyCreate, KeyCreated, KeyShown
from web.api.schemas.shape import Number
from web.api.services import Provided

router = APIRouter(prefix="/keys", tags=["keys"])


@router.get("", response_model=list[KeyShown], summary="List API keys, newest first")
def list_keys(services: Provided, who: Admin, ask: Listed) -> Sequence[Any]:
    with services.database.transaction() as session:
        page = keys.page(session, only=who.project_id, cursor=ask.cursor, limit=ask.limit)
        return ask.link(page)


@router.post("", status_code=201, summary="Create an API key; it is shown this once")
def create_key(
    body: KeyCreate, services: Provided, who: Admin, address: CallerAddress, act: Acting
) -> KeyCreated:
    def create(session: Session) -> KeyCreated:
        chosen = int(body.project) if body.project else who.project_id
        if chosen is not None:
            projects.visible(session, chosen, only=who.project_id)
        wanted = NewKey(
            role=body.role, project_id=chosen, label=body.label, expires_at=body.expires_at
        )
        actor = Actor(who.name, address)
        made = issuing.issue(session, wanted, actor, now=services.clock.now())
        shown = KeyShown.model_validate(made.key)
        return KeyCreated(**shown.model_dump(), key=made.plain)

    return act.once(KeyCreated, create, secret="key")  # noqa: S106 (the name of a field)


@router.delete("/{key_id}", summary="Revoke an API key, for good")
def revoke_key(key_id: Number, services: Provided, who: Admin, address: CallerAddress) -> KeyShown:
    actor, now = Actor(who.name, address), services.clock.now()
    with services.database.transaction() as session:
        revoked = issuing.revoke(session, key_id, actor, now=now, project_id=who.project_id)
        shown = KeyShown.model_validate(revoked)
    services.keyring.forget()
    return shown
