"""POSTs that create or act: done once per `Idempotency-Key`, and remembered in one transaction."""

import hashlib
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from core.access.idempotency import Repeatable, earlier_answer, remember
from core.access.roles import Principal
from web.api.auth import CALLER
from web.api.services import Provided, Services

T = TypeVar("T", bound=BaseModel)
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Repeats of the same request within 24 h get the first one's answer.",
    ),
]


class Act:
    """One request to create or act. `once` runs the work, or returns what it answered before."""

    def __init__(self, response: Response, found: Services, repeatable: Repeatable | None) -> None:
        self.response = response
        self.services = found
        self.repeatable = repeatable

    def once(self, shape: type[T], work: Callable[[Session], T], *, secret: str = "") -> T:
        """`secret` names a field that is shown once only: it is not kept for a repeat."""
        now = self.services.clock.now()
        with self.services.database.transaction() as session:
            if self.repeatable is None:
                return work(session)
            earlier = earlier_answer(session, self.repeatable, now)
            if earlier is not None:
                self.response.headers["idempotency-replayed"] = "true"
                return shape.model_validate(earlier)
            done = work(session)
            kept = done.model_dump(mode="json") | ({secret: None} if secret else {})
            remember(session, self.repeatable, kept, now=now)
            return done


async def act(
    request: Request,
    response: Response,
    found: Provided,
    key: Key = None,
) -> Act:
    if key is None:
        return Act(response, found, None)
    digest = hashlib.sha256(await request.body()).digest()
    route = f"{request.method} {request.url.path}?{request.url.query}"
    who = request.scope[CALLER]
    assert isinstance(who, Principal)
    return Act(response, found, Repeatable(f"key:{who.key_id}", key, route, digest))


Acting = Annotated[Act, Depends(act)]
