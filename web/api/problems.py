"""Every failure as an RFC 9457 problem: one shape, whoever raised it."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import orjson
import structlog
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from core import context, errors
from core.errors import Category, ErrorReport, InvalidInputError, MendlineError
from core.errors.report import TITLES, for_api, for_log

MEDIA_TYPE: Final = "application/problem+json"
UNAUTHENTICATED: Final = 401
SERVER_ERROR: Final = 500
NOT_READ: Final = "The body was not read as JSON; send the header `Content-Type: application/json`."
Report = Callable[[Exception], object]
log = structlog.get_logger()


class MethodNotAllowedError(InvalidInputError):
    """This address does not know the method."""

    code = "ML-HTTP-0001"
    http_status = 405


class UnsupportedMediaTypeError(InvalidInputError):
    """The body has another media type than this address takes."""

    code = "ML-HTTP-0002"
    http_status = 415


# What a bare HTTP status means where nobody said more.
BY_STATUS: Final[Mapping[int, type[MendlineError]]] = {
    400: InvalidInputError,
    401: errors.UnauthenticatedError,
    403: errors.ForbiddenError,
    404: errors.NotFoundError,
    405: MethodNotAllowedError,
    409: errors.ConflictError,
    413: errors.TooLargeError,
    415: UnsupportedMediaTypeError,
    422: errors.UnprocessableError,
    429: errors.RateLimitedError,
    500: MendlineError,
    503: errors.DependencyError,
    504: errors.DependencyError,
    507: errors.DiskFullError,
}
# Said in place of a library's own words, which name our statements and what else was to be written.
INSTEAD: Final[Mapping[Category, str]] = {
    Category.VALIDATION: "A value cannot be used: a number is too large, or a text has a NUL.",
    Category.INTEGRITY: "What is stored does not go together with this; look at it again.",
}


def meaning(status: int) -> str:
    return (BY_STATUS[status].__doc__ or "").strip()


def answer(error: Exception) -> Response:
    """What a client is told about `error`; failures of our own are logged with their trace."""
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, HTTPException):
        return _bare(error)
    report = errors.report(error)
    if report.http_status == SERVER_ERROR:
        log.error("request.failed", **for_log(report), exc_info=error)
    elif report.http_status > SERVER_ERROR or not isinstance(error, MendlineError):
        log.warning("request.failed", **for_log(report))  # it is known; a trace tells no more
    if not isinstance(error, MendlineError):
        sentence = INSTEAD.get(report.category, TITLES[report.category])
        return document(replace(report, message=sentence))
    told = report.context
    return document(report, hint=told.get("hint"), errors=told.get("problems"))


def nobody(_error: Exception) -> object:
    """Hears of failures where nobody wants to."""
    return None


async def handle(_request: Request, error: Exception) -> Response:
    return answer(error)


def document(report: ErrorReport, **more: Any) -> Response:
    """The response for a report, with further members of the problem beside the usual ones."""
    body = for_api(report, request_id=context.current().get("request_id"))
    body |= {name: value for name, value in more.items() if value is not None}
    response = Response(orjson.dumps(body), report.http_status, media_type=MEDIA_TYPE)
    if report.retry_after is not None:
        response.headers["retry-after"] = str(math.ceil(report.retry_after))
    if report.http_status == UNAUTHENTICATED:
        response.headers["www-authenticate"] = "Bearer"
    return response


def _bare(error: HTTPException) -> Response:
    kind = BY_STATUS.get(error.status_code, InvalidInputError)
    response = document(errors.report(kind()), status=error.status_code)
    response.status_code = error.status_code
    response.headers.update(error.headers or {})
    return response


def _invalid(error: RequestValidationError) -> Response:
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return document(errors.report(errors.UndecodableError("The body is not JSON.")))
    if any(item["loc"] == ("body",) and isinstance(item.get("input"), bytes) for item in found):
        return document(errors.report(errors.UnprocessableError(NOT_READ)))
    return document(errors.report(errors.UnprocessableError()), errors=list(_places(found)))


def _places(found: Iterable[Any]) -> Iterable[dict[str, str]]:
    """Where each mistake stands: a JSON pointer into the body, or the name of a parameter."""
    for item in found:
        where, *path = item["loc"]
        if where == "body":
            steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
            place = {"pointer": "#" + "".join(f"/{step}" for step in steps)}
        else:
            place = {"parameter": ".".join(map(str, path)), "in": str(where)}
        yield place | {"detail": item["msg"], "code": item["type"]}
