"""HTTP interfaces: requests that could not be understood, routed, allowed or answered."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from core.analysis.details import Detail, found, told
from core.analysis.event import mapping, text
from core.analysis.facts import Facts
from core.analysis.family import Family
from core.analysis.kinds import Kind, Kinds
from core.analysis.proposal import Advice
from core.errors import Category

_FRAMEWORKS = frozenset({
    "django", "rest_framework", "flask", "werkzeug", "fastapi", "starlette", "aiohttp.web",
    "sanic", "falcon", "litestar", "bottle", "pyramid",
    "tornado.web", "javax.servlet", "jakarta.servlet", "org.springframework.web", "express",
    "actioncontroller", "actiondispatch", "rack", "phoenix", "plug",
    "microsoft.aspnetcore", "symfony.component.httpkernel", "illuminate.http", "illuminate.routing",
})  # fmt: skip
_CLIENTS = frozenset({
    "requests", "httpx", "httpx2", "urllib3", "aiohttp", "httplib2", "http.client",
    "urllib.error", "grpc", "io.grpc",
    "axios", "guzzlehttp", "faraday", "restclient", "system.net.http", "okhttp3", "feign",
    "googleapiclient", "google.api_core",
})  # fmt: skip
_COMPONENTS = frozenset({"api", "web", "http", "gateway", "rest", "graphql", "webhook"})
_DETAILS = (
    Detail(
        "status",
        re.compile(
            r"\b(?:http|status(?: code)?|code)[ :=]{1,2}([1-5]\d\d)\b"
            r"|\b([45]\d\d) (?:client|server) error",
            re.IGNORECASE,
        ),
        ("http", "status", "code", "error"),
    ),
    Detail("method", re.compile(r"\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b")),
    Detail("url", re.compile(r"\b(https?://[^\s?'\"<>@]{3,200})"), ("http",)),
    Detail(
        "request_id",
        re.compile(r"\brequest[ _-]?id[ :=]{1,3}['\"]?([\w-]{6,64})", re.IGNORECASE),
        ("request",),
    ),
    Detail(
        "field",
        re.compile(
            r"['\"]loc['\"]: [\[(]['\"](?:body|query|path|header|cookie)['\"], ['\"](\w{1,60})['\"]"
            r"|\b[Pp]aram(?:eter)?(?: is missing[^:]{0,40}:|:)? ['\"]?(\w{1,60})"
        ),
        ("loc", "param"),
    ),
    Detail("rule", re.compile(r"['\"]type['\"]: ['\"]([a-z_]{3,40})['\"]"), ("type",)),
    Detail(
        "retry_after",
        re.compile(r"\bretry[ _-]after['\"]?[ :=]{1,3}['\"]?(\d{1,6})\b", re.IGNORECASE),
        ("retry",),
    ),
)
_TOLD = {
    "http_status": "status", "status_code": "status", "statusCode": "status", "status": "status",
    "http.response.status_code": "status", "method": "method", "http.method": "method",
    "endpoint": "endpoint", "route": "endpoint", "http.route": "endpoint",
    "request_id": "request_id", "requestId": "request_id", "x-request-id": "request_id",
    "correlation_id": "request_id", "trace_id": "trace_id",
    "retry_after": "retry_after", "retry-after": "retry_after", "Retry-After": "retry_after",
    "rate_limit_reset": "reset", "client": "client",
}  # fmt: skip
_HEADERS = {
    "x-request-id": "request_id", "x-correlation-id": "request_id", "x-amzn-trace-id": "request_id",
    "traceparent": "trace_id",
}  # fmt: skip
_MOST_HEADERS = 60

_KINDS = Kinds(
    Kind(
        "authentication", "No credential, or one that is not accepted.", 401,
        codes=("401", "407", "UNAUTHENTICATED"),
        types=("Unauthorized", "NotAuthenticated", "AuthenticationFailed", "HTTPUnauthorized",
               "AuthenticationCredentialsNotFoundException", "InvalidAuthenticityToken"),
        words=("authentication credentials", "not authenticated", "unauthorized",
               "invalid api key", "invalid token", "missing api key"),
    ),
    Kind(
        "csrf", "The request does not prove that it comes from our own page.", 403,
        codes=("419",),
        types=("CSRFError", "TokenMismatchException", "BadCSRFToken", "CsrfException",
               "InvalidCsrfTokenException", "MissingCsrfTokenException"),
        words=("csrf", "xsrf", "authenticity token", "antiforgery"),
    ),
    Kind(
        "cors", "The browser may not call this origin.", 403,
        words=("cors", "cross-origin", "access-control-allow-origin"),
    ),
    Kind(
        "authorization", "The caller is known and may not do this.", 403,
        codes=("403", "PERMISSION_DENIED"),
        types=("Forbidden", "PermissionDenied", "AccessDeniedException", "HTTPForbidden",
               "AccessDeniedHttpException"),
        words=("forbidden", "permission denied", "not allowed to", "access denied"),
    ),
    Kind(
        "rate_limited", "Too many requests.", 429,
        codes=("429", "RESOURCE_EXHAUSTED"),
        types=("TooManyRequests", "Throttled", "ThrottleRequestsException", "RateLimitExceeded"),
        words=("too many requests", "rate limit", "throttled"),
        again=Advice.THROTTLE,
    ),
    Kind(
        "not_found", "No such route or object.", 404,
        codes=("404", "410", "NOT_FOUND"),
        types=("Http404", "NotFound", "NotFoundHttpException", "NoRouteError", "RoutingError",
               "NoHandlerFoundException", "NoResourceFoundException", "HTTPNotFound"),
        words=("no route matches", "page not found", "404"),
    ),
    Kind(
        "method", "The address does not know the method.", 405,
        codes=("405",),
        types=("MethodNotAllowed", "MethodNotAllowedHttpException",
               "HttpRequestMethodNotSupportedException", "HTTPMethodNotAllowed"),
        words=("method not allowed", "method not supported"),
    ),
    Kind(
        "media_type", "The body has another format than is taken or offered.", 415,
        codes=("406", "415"),
        types=("UnsupportedMediaType", "HttpMediaTypeNotSupportedException", "NotAcceptable",
               "HttpMediaTypeNotAcceptableException"),
        words=("unsupported media type", "not acceptable", "content type"),
    ),
    Kind(
        "too_large", "The request is larger than is taken.", 413,
        codes=("413", "414", "431"),
        types=("RequestEntityTooLarge", "PayloadTooLargeError", "MaxUploadSizeExceededException",
               "RequestDataTooBig", "PostTooLargeException"),
        words=("entity too large", "payload too large", "body exceeded", "too large"),
    ),
    Kind(
        "validation", "The request was read, its values cannot be used.", 422,
        codes=("422", "INVALID_ARGUMENT", "OUT_OF_RANGE"),
        types=("RequestValidationError", "WebRequestValidationError", "ParamsValidationError",
               "MethodArgumentNotValidException", "MissingServletRequestParameterException",
               "MethodArgumentTypeMismatchException", "ParameterMissing", "UnprocessableEntity"),
        words=("request validation", "missing required parameter", "param is missing"),
    ),
    Kind(
        "request", "The request cannot be read.", 400,
        codes=("400",),
        types=("BadRequest", "ParseError", "SuspiciousOperation", "DisallowedHost", "MalformedJSON",
               "HttpMessageNotReadableException", "BadHttpRequestException", "BadRequestKeyError",
               "HTTPBadRequest"),
        words=("bad request", "malformed request", "invalid http_host", "invalid json in request"),
    ),
    Kind("conflict", "The state of the resource forbids it.", 409,
         codes=("409", "412", "428", "ABORTED", "ALREADY_EXISTS", "FAILED_PRECONDITION")),
    Kind("cost", "It has to be paid first.", 402, codes=("402",), never=Advice.ESCALATE),
    Kind(
        "response", "An answer could not be read or written.", 502,
        types=("ContentTypeError", "ResponseValidationError", "InvalidJSONError", "DecodingError",
               "ContentDecodingError", "ChunkedEncodingError", "ClientPayloadError",
               "HttpMessageNotWritableException", "IncompleteRead"),
        words=("unexpected mimetype", "response body", "invalid response", "malformed response",
               "unexpected token '<'", "unexpected token <", "content-length", "incomplete read",
               "unexpected end of json"),
    ),
    Kind(
        "upstream_timeout", "The service behind did not answer in time.", 504,
        codes=("408", "504", "524", "DEADLINE_EXCEEDED"), categories=(Category.TIMEOUT,),
    ),
    Kind(
        "unavailable", "The service behind is not there or too busy.", 503,
        codes=("502", "503", "521", "522", "523", "529", "UNAVAILABLE"),
        categories=(Category.UNAVAILABLE, Category.CONNECTION), again=Advice.CIRCUIT_BREAK,
    ),
    Kind(
        "upstream", "The service behind failed.", 502,
        codes=("500", "520", "INTERNAL", "DATA_LOSS"), categories=(Category.SERVER,),
        again=Advice.CIRCUIT_BREAK,
    ),
    Kind("unsupported", "The interface does not offer this.", 501, codes=("501", "UNIMPLEMENTED"),
         categories=(Category.UNSUPPORTED,)),
    Kind(
        "disconnected", "The caller hung up before the answer.", 499,
        codes=("499", "CANCELLED"), types=("ClientDisconnect", "ClientAbortException"),
        words=("client disconnected", "request aborted"), categories=(Category.CANCELLED,),
        never=Advice.NONE,
    ),
    Kind("handler", "The program failed while it answered a request.", 500),
)  # fmt: skip


def weight(facts: Facts) -> float:
    if facts.from_library(_FRAMEWORKS):
        return 0.7
    if facts.from_library(_CLIENTS):
        return 0.65
    if facts.rule.startswith(("http:", "grpc:")) or facts.event.http_status is not None:
        return 0.6
    if facts.of_component(_COMPONENTS):
        return 0.5
    return 0.35 if facts.event.raw.get("request") else 0.0


def context(facts: Facts) -> dict[str, str]:
    request = mapping(facts.event.raw.get("request"))
    details = {**found(_DETAILS, facts), **told(facts, _TOLD), **_tracking(request)}
    if facts.event.http_status is not None:
        details["status"] = str(facts.event.http_status)
    if method := text(request.get("method")):
        details["method"] = method[:16].upper()
    if endpoint := _path(text(request.get("url"))):
        details["endpoint"] = endpoint[:120]
    return details


def _tracking(request: Mapping[str, Any]) -> dict[str, str]:
    """What leads to the request in other logs."""
    headers = request.get("headers")
    pairs = headers.items() if isinstance(headers, dict) else _listed(headers)
    details: dict[str, str] = {}
    for given, value in islice(pairs, _MOST_HEADERS):
        name = _HEADERS.get(given.lower()) if isinstance(given, str) else None
        if name and text(value):
            details[name] = text(value)[:120]
    return details


def _listed(headers: Any) -> Iterator[tuple[Any, Any]]:
    for pair in headers if isinstance(headers, list) else ():
        if isinstance(pair, list) and len(pair) == 2:  # noqa: PLR2004
            yield pair[0], pair[1]


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


FAMILY = Family(
    "api",
    "API",
    "Requests to HTTP and RPC interfaces, ours and those of others.",
    weight,
    context,
    _KINDS,
)
