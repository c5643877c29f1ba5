"""HTTP interfaces: requests that could not be understood, routed, allowed or answered."""

import re
from urllib.parse import urlsplit

from core.analysis.event import mapping, text
from core.analysis.family import Facts, Family, found

_FRAMEWORKS = frozenset({
    "django", "rest_framework", "flask", "werkzeug", "fastapi", "starlette", "aiohttp.web",
    "sanic", "falcon",
    "tornado.web", "javax.servlet", "jakarta.servlet", "org.springframework.web", "express",
    "actioncontroller",
    "microsoft.aspnetcore", "symfony.component.httpkernel", "illuminate.http", "illuminate.routing",
})  # fmt: skip
_CLIENTS = frozenset({
    "requests", "httpx", "httpx2", "urllib3", "aiohttp", "httplib2", "http.client",
    "urllib.error", "grpc", "io.grpc",
    "axios", "guzzlehttp", "faraday", "restclient", "system.net.http", "okhttp3", "feign",
    "googleapiclient", "google.api_core",
})  # fmt: skip
_PATTERNS = {
    "status": re.compile(
        r"\b(?:http|status(?: code)?|code)[ :=]{1,2}([1-5]\d\d)\b"
        r"|\b([45]\d\d) (?:client|server) error",
        re.IGNORECASE,
    ),
    "method": re.compile(r"\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b"),
    "url": re.compile(r"\b(https?://[^\s?'\"<>]{3,200})"),
}


def weight(facts: Facts) -> float:
    if facts.from_library(_FRAMEWORKS):
        return 0.7
    if facts.from_library(_CLIENTS):
        return 0.65
    if facts.rule.startswith(("http:", "grpc:")) or facts.event.http_status is not None:
        return 0.6
    if facts.component in ("api", "web", "http", "gateway"):
        return 0.5
    return 0.35 if facts.event.raw.get("request") else 0.0


def context(facts: Facts) -> dict[str, str]:
    request = mapping(facts.event.raw.get("request"))
    details = found(_PATTERNS, facts.message)
    if facts.event.http_status is not None:
        details["status"] = str(facts.event.http_status)
    if method := text(request.get("method")):
        details["method"] = method[:16].upper()
    if endpoint := _path(text(request.get("url"))):
        details["endpoint"] = endpoint[:120]
    return details


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


FAMILY = Family("api", weight, context)
