"""What every request passes, as plain ASGI: no wrapper that would hold back or copy a stream."""

import re
import uuid
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.telemetry import HTTP_SECONDS
from core import context
from core.clock import Clock
from web.api import problems
from web.api.problems import Report

REQUEST_ID: Final = b"x-request-id"
# After these it is too late for another answer.
BEGUN: Final = frozenset(
    {
        "http.response.start",
        "websocket.accept",
        "websocket.close",
        "websocket.http.response.start",
    }
)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
ACCEPTABLE_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,128}")


class RequestId:
    """Takes the client's `X-Request-Id` or makes one; it is in each answer and log line."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        header = (REQUEST_ID, request_id.encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        with context.bound(request_id=request_id):
            await self.app(scope, receive, send_with_id)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == REQUEST_ID and ACCEPTABLE_ID.fullmatch(value):
            return str(value, "ascii")
    return uuid.uuid4().hex


class Boundary:
    """The edge of the web process: whatever was not answered below becomes a problem here.

    `report` hears of faults of our own; it is called beside the event loop. A WebSocket that is
    refused is answered like any other request.
    """

    def __init__(self, app: ASGIApp, report: Report = problems.nobody) -> None:
        self.app = app
        self.report = report

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] in BEGUN
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:
            if started:
                raise
            await self._answer(error, scope, receive, send)

    async def _answer(self, error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        known = context.current().get("request_id")
        request_id = known or _request_id(scope)
        with context.bound(request_id=request_id):
            response = problems.answer(error)
            if response.status_code == problems.SERVER_ERROR:
                await run_in_threadpool(self.report, error)
        if known is None:
            response.headers[REQUEST_ID.decode()] = request_id
        await response(scope, receive, send)


class BodyLimit:
    """Refuses bodies above `limit` bytes, told beforehand or found while reading."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = MutableHeaders(scope=scope).get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            raise HTTPException(400)
        if int(length) > self.limit:
            raise HTTPException(413)
        await self.app(scope, self._counting(receive), send)

    def _counting(self, receive: Receive) -> Receive:
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.limit:
                raise HTTPException(413)
            return message

        return counted


class Timing:
    """Observes how long answers took, by the route's pattern, never by the address itself."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self.app = app
        self.clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status = self.clock.monotonic(), 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            self._observe(scope, status, self.clock.monotonic() - begun)

    def _observe(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        method = scope["method"] if scope["method"] in METHODS else "other"
        HTTP_SECONDS.labels(method, route, f"{status // 100}xx").observe(seconds)
