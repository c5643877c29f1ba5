"""People and their rights: logging in, sessions, permissions, profiles."""

import re

from core.analysis.event import mapping, text
from core.analysis.family import Facts, Family, found
from core.errors import Category

_LIBRARIES = frozenset({
    "jwt", "jose", "authlib", "oauthlib", "requests_oauthlib", "itsdangerous", "passlib",
    "argon2", "msal", "allauth",
    "django.contrib.auth", "rest_framework_simplejwt", "org.springframework.security",
    "microsoft.identitymodel", "devise",
    "warden", "pundit", "cancan", "illuminate.auth",
})  # fmt: skip
_COMPONENTS = frozenset(
    {
        "auth",
        "authentication",
        "authorization",
        "login",
        "session",
        "user",
        "users",
        "profile",
        "account",
    }
)
_PATTERNS = {
    "permission": re.compile(r"\bpermission(?: to)? ['\"]?([\w.:-]{2,80})"),
    "resource": re.compile(r"\b(?:access to|for resource|on resource) ['\"]?([\w./:-]{2,100})"),
}


def weight(facts: Facts) -> float:
    if facts.from_library(_LIBRARIES):
        return 0.85
    if facts.component in _COMPONENTS:
        return 0.7
    return 0.62 if facts.category is Category.AUTH else 0.0


def context(facts: Facts) -> dict[str, str]:
    details = found(_PATTERNS, facts.message)
    user = text(mapping(facts.event.raw.get("user")).get("id"))
    if user:
        details["user"] = user[:120]
    details["kind"] = _kind(facts)
    return details


def _kind(facts: Facts) -> str:
    if facts.says(("session", "csrf", "cookie", "expired")):
        return "session"
    if facts.says(("permission", "forbidden", "not allowed", "denied", "not authorized")):
        return "authorization"
    return "authentication" if facts.category is Category.AUTH else "profile"


FAMILY = Family("user", weight, context)
