"""One request: its headers, its key and its body, read no earlier and no further than needed."""

import re
from random import Random
from typing import Final

from starlette.types import Receive, Scope

from core import context
from core.access.keys import hashed
from core.errors import (
    ForbiddenError,
    InvalidInputError,
    MendlineError,
    TooLargeError,
    UnauthenticatedError,
)
from core.intake import credentials
from core.intake.compression import content_encoding
from core.intake.item import Encoding
from core.intake.rejection import Reason
from core.intake.service import IntakeService
from core.intake.submission import Arrival
from web.intake.address import Address

REQUEST_ID: Final = b"x-request-id"
_ACCEPTABLE_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_WANTED: Final = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"x-sentry-auth",
        REQUEST_ID,
    }
)
_bits: Final = Random().getrandbits  # noqa: S311 - tells requests apart, and nothing else
_remembered: Final = credentials.Remembered()


class ClientGoneError(MendlineError):
    """The client hung up before its request was complete."""

    code = "ML-HTTP-0003"
    http_status = 400


class Incoming:
    """Where a part cannot be read, it raises; who asks for a key gets it before any of the body.

    `brought` is how many errors are refused where the request is.
    """

    __slots__ = (
        "_receive",
        "address",
        "brought",
        "headers",
        "intake",
        "project_id",
        "request_id",
        "scope",
    )

    def __init__(
        self, intake: IntakeService, address: Address, scope: Scope, receive: Receive
    ) -> None:
        self.intake = intake
        self.address = address
        self.scope = scope
        self.headers = {name: value for name, value in scope["headers"] if name in _WANTED}
        self.request_id, self.project_id = context.current().get("request_id"), None
        self.brought = 1
        self._receive = receive

    project_id: int | None
    request_id: str | None

    def own_request_id(self) -> str:
        """For where no middleware has given the request one."""
        given = self.headers.get(REQUEST_ID)
        if given is not None and _ACCEPTABLE_ID.fullmatch(given):
            self.request_id = given.decode()
        else:
            self.request_id = f"{_bits(128):032x}"
        return self.request_id

    def shown_key(self) -> str | None:
        """The DSN key in the query or a header."""
        found = None
        query = self.scope["query_string"]
        if query:
            found = _remembered(b"query", query)
        if found is None and b"x-sentry-auth" in self.headers:
            found = _remembered(b"x-sentry-auth", self.headers[b"x-sentry-auth"])
        if found is None and b"authorization" in self.headers:
            found = _remembered(b"authorization", self.headers[b"authorization"])
        return found

    async def project_of(self, key: str | None) -> int:
        """The project that this DSN key writes to."""
        if key is None:
            raise ForbiddenError("no sentry_key came with the request", reason=Reason.NO_KEY)
        found = await self.intake.keys.project_of(key)
        if found is None:
            raise ForbiddenError("the key is unknown or revoked", reason=Reason.UNKNOWN_KEY)
        self.project_id = found
        return found

    async def project_of_sender(self) -> int:
        """The project of whoever sends a report: by a key in the path, a DSN key or an API key."""
        if self.address.key:
            return await self.project_of(credentials.public_key(self.address.key) or "")
        key = self.shown_key()
        if key is not None:
            return await self.project_of(key)
        text = self.headers.get(b"authorization", b"").decode("latin-1")
        token = credentials.bearer(text)
        if token is None:
            raise UnauthenticatedError(
                "send `Authorization: Bearer <API key>`, or a DSN key", reason=Reason.NO_KEY
            )
        self.project_id = await self._project_of_token(token)
        return self.project_id

    async def _project_of_token(self, token: str) -> int:
        """An API key of no project writes to `?project=<id>`, else to the default project."""
        found = await self.intake.keys.token_of(hashed(token))
        if found is None:
            raise UnauthenticatedError("the API key is not valid", reason=Reason.UNKNOWN_KEY)
        wanted, keys = self._wanted_project(), self.intake.keys
        project = wanted or found.project_id or keys.keys.default_project
        allowed = found.project_id is None or found.project_id == project
        if project is None or not allowed or not await keys.project_exists(project):
            raise ForbiddenError(
                "the API key may not write to this project", reason=Reason.WRONG_PROJECT
            )
        return project

    def _wanted_project(self) -> int | None:
        """What names a project and cannot be read is refused: the default is not what was meant."""
        query = self.scope["query_string"].decode("latin-1")
        try:
            project = credentials.query_project(query)
            named = credentials.query_field(query, "project") is not None
        except ValueError as error:
            what = "the query has too many fields"
            raise InvalidInputError(what, reason=Reason.INVALID) from error
        if named and not project:
            raise bad_project()
        return project

    def encoding(self) -> Encoding:
        header = self.headers.get(b"content-encoding")
        return Encoding.IDENTITY if header is None else content_encoding(header.decode("latin-1"))

    async def arrival(self, project_id: int) -> Arrival:
        encoding = self.encoding()
        body = await self.body()
        return Arrival(project_id, self.intake.clock.now(), encoding, body)

    async def body(self) -> bytes:
        limit = self.intake.limits.body
        if int(self.headers.get(b"content-length", b"0")) > limit:
            raise _too_large(limit)
        message = await self._receive()
        if not message.get("more_body") and message["type"] == "http.request":
            return self._within(message.get("body", b""), limit)
        parts, size = [], 0
        while message["type"] == "http.request":
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > limit:
                raise _too_large(limit)
            if not message.get("more_body"):
                return b"".join(parts)
            message = await self._receive()
        raise ClientGoneError(reason=Reason.MALFORMED)

    def _within(self, body: bytes, limit: int) -> bytes:
        if len(body) > limit:
            raise _too_large(limit)
        return body


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"the body is larger than {limit} bytes", reason=Reason.TOO_LARGE)


def wrong_project() -> ForbiddenError:
    return ForbiddenError("the key belongs to another project", reason=Reason.WRONG_PROJECT)


def bad_project() -> InvalidInputError:
    return InvalidInputError("project ids are decimal digits", reason=Reason.WRONG_PROJECT)
