"""Who is calling, and whether that is enough: a key on each request, a permission on each route."""

import threading
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from core.access import keys
from core.access.audit import Actor
from core.access.roles import Permission, Principal
from core.clock import Clock
from core.errors import UnauthenticatedError
from core.store.engine import Database

CALLER: Final = "mendline.caller"
DESCRIPTION: Final = "/api/openapi.json"
KEPT_SECONDS: Final = 5.0
MOST_KEPT: Final = 10_000


class Keyring:
    """Looks keys up and remembers the good ones for a few seconds, by their hash."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[bytes, tuple[float, Principal]] = {}
        self._lock = threading.Lock()

    async def owner(self, authorization: str) -> Principal:
        scheme, _, plain = authorization.partition(" ")
        plain = plain.strip()
        if scheme.lower() != "bearer" or not plain:
            raise UnauthenticatedError("Send `Authorization: Bearer <API key>`.")
        digest = keys.hashed(plain)
        until, principal = self._known.get(digest, (0.0, None))
        if principal is not None and self._clock.monotonic() < until:
            return principal
        return await run_in_threadpool(self._look_up, plain, digest)

    def forget(self) -> None:
        """After a revocation: this process asks the database again at once."""
        with self._lock:
            self._known.clear()

    def _look_up(self, plain: str, digest: bytes) -> Principal:
        with self._database.transaction() as session:
            principal = keys.verify(session, plain, now=self._clock.now())
        with self._lock:
            if len(self._known) >= MOST_KEPT:
                self._known.clear()
            self._known[digest] = (self._clock.monotonic() + KEPT_SECONDS, principal)
        return principal


class Authenticate:
    """Nothing under `/api` is read, not even a body, before the key is known to be good.

    The description of the API is the exception: it tells nothing about this platform.
    """

    def __init__(self, app: ASGIApp, keyring: Keyring) -> None:
        self.app = app
        self.keyring = keyring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        guarded = scope["type"] != "lifespan" and scope["path"].startswith("/api")
        if guarded and scope["path"] != DESCRIPTION:
            header = Headers(scope=scope).get("authorization", "")
            scope[CALLER] = await self.keyring.owner(header)
        await self.app(scope, receive, send)


class Needs:
    """Lets through who has the permission; `platform` asks for a key that is not of one project."""

    def __init__(self, permission: Permission, *, platform: bool = False) -> None:
        self.permission = permission
        self.platform = platform

    async def __call__(self, request: Request) -> Principal:
        who = request.scope[CALLER]
        assert isinstance(who, Principal)
        who.require(self.permission, None if self.platform else who.project_id)
        return who


Reader = Annotated[Principal, Depends(Needs(Permission.READ))]
Operator = Annotated[Principal, Depends(Needs(Permission.OPERATE))]
Admin = Annotated[Principal, Depends(Needs(Permission.ADMINISTER))]
PlatformReader = Annotated[Principal, Depends(Needs(Permission.READ, platform=True))]
PlatformOperator = Annotated[Principal, Depends(Needs(Permission.OPERATE, platform=True))]
PlatformAdmin = Annotated[Principal, Depends(Needs(Permission.ADMINISTER, platform=True))]


async def caller_address(request: Request) -> str | None:
    """Where the request came from; behind trusted proxies, what they say."""
    return request.client.host if request.client else None


CallerAddress = Annotated[str | None, Depends(caller_address)]


async def operator(who: PlatformOperator, address: CallerAddress) -> Actor:
    return Actor(who.name, address)


# Who may operate the whole platform, as it stands in the audit.
AsOperator = Annotated[Actor, Depends(operator)]
