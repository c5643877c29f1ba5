"""The answers of intake as raw ASGI messages; each of them may be read by browsers anywhere."""

import math
from typing import Any, Final, NamedTuple

import orjson
from starlette.types import Send

from core import errors
from core.errors import MendlineError, RateLimitedError
from core.errors.report import for_api

Headers = list[tuple[bytes, bytes]]

_JSON: Final = (b"content-type", b"application/json")
_PROBLEM: Final = (b"content-type", b"application/problem+json")
CORS: Final[Headers] = [
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-expose-headers",
        b"x-sentry-error, x-sentry-rate-limits, retry-after, x-request-id",
    ),
]
_PREFLIGHT: Final[Headers] = [
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (
        b"access-control-allow-headers",
        b"authorization, content-encoding, content-type, x-request-id, x-sentry-auth",
    ),
    (b"access-control-max-age", b"3600"),
]
_UNAUTHENTICATED: Final = 401
_METHOD_NOT_ALLOWED: Final = 405
_TEXT_IN_HEADER: Final = 200


class Answer(NamedTuple):
    status: int
    headers: Headers
    body: bytes

    async def send(self, send: Send, more: Headers) -> None:
        length = (b"content-length", str(len(self.body)).encode())
        await send(
            {
                "type": "http.response.start",
                "status": self.status,
                "headers": [*self.headers, *CORS, length, *more],
            }
        )
        await send({"type": "http.response.body", "body": self.body})


PREFLIGHT: Final = Answer(200, _PREFLIGHT, b"")


def ok(body: bytes) -> Answer:
    return Answer(200, [_JSON], body)


def plain(value: Any) -> Answer:
    return ok(orjson.dumps(value))


def sentry_refusal(error: MendlineError, *, status: int | None = None) -> Answer:
    """As Sentry's clients know it: `detail`, `causes`, and the reason in a header as well."""
    detail = _told(error)
    cause = error.__cause__
    causes = [str(cause)] if cause is not None and error.http_status < 500 else []  # noqa: PLR2004
    headers = [_JSON, (b"x-sentry-error", _in_header(detail)), *_waiting(error, sentry=True)]
    body = orjson.dumps({"detail": detail, "causes": causes})
    return Answer(status or error.http_status, headers, body)


def problem(error: MendlineError, *, request_id: str | None) -> Answer:
    """As RFC 9457 has it."""
    report = errors.report(error)
    headers = [_PROBLEM, *_waiting(error, sentry=False)]
    if report.http_status == _UNAUTHENTICATED:
        headers.append((b"www-authenticate", b"Bearer"))
    if report.http_status == _METHOD_NOT_ALLOWED:
        headers.append((b"allow", b"POST, OPTIONS"))
    return Answer(report.http_status, headers, orjson.dumps(for_api(report, request_id=request_id)))


def _told(error: MendlineError) -> str:
    """What went wrong inside is not told to the outside."""
    inside = error.http_status >= 500  # noqa: PLR2004
    return (type(error).__doc__ or "").strip() if inside else str(error)


def _in_header(text: str) -> bytes:
    printable = "".join(sign if " " <= sign <= "~" else "?" for sign in text[:_TEXT_IN_HEADER])
    return printable.encode()


def _waiting(error: MendlineError, *, sentry: bool) -> Headers:
    """Whole seconds only: clients skip anything else. The limit names errors and nothing more."""
    if error.retry_after is None:
        return []
    seconds = str(max(1, math.ceil(error.retry_after))).encode()
    headers = [(b"retry-after", seconds)]
    if sentry and isinstance(error, RateLimitedError):
        headers.append((b"x-sentry-rate-limits", seconds + b":error:organization:inbox_full"))
    return headers
