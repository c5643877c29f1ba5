"""Secrets out of text that leaves the process: log lines, reports, what operators are shown."""

import re
from collections.abc import Mapping
from typing import Any, Final

MASK: Final = "[masked]"

# Names whose value is a secret whatever it looks like.
SENSITIVE_NAMES: Final = frozenset(
    {
        "admin_key",
        "api_key",
        "apikey",
        "authorization",
        "cookie",
        "credentials",
        "dsn",
        "dsn_key",
        "flower_password",
        "passwd",
        "password",
        "private_key",
        "public_key",
        "secret",
        "secret_key",
        "sentry_key",
        "sentry_secret",
        "token",
    }
)

# Each rule has a mark that is looked for first: a plain search costs next to nothing.
_RULES: Final = (
    ("://", re.compile(r"(://[^\s/:@\"]*):[^\s/\"]+@"), rf"\1:{MASK}@"),
    ("://", re.compile(r"://[0-9a-f]{32}@"), f"://{MASK}@"),
    ("mend_", re.compile(r"\bmend_[\w-]{24,}"), f"mend_{MASK}"),
    ("/k/", re.compile(r"/k/[0-9A-Za-z_-]{8,}"), f"/k/{MASK}"),
    ("bearer", re.compile(r"(?i)\b(bearer)\s+[\w.~+/=-]{8,}"), rf"\1 {MASK}"),
    ("basic", re.compile(r"(?i)\b(authorization\W{1,6}basic)\s+[\w+/=-]{6,}"), rf"\1 {MASK}"),
    (
        "=",
        re.compile(
            r"(?i)\b((?:ssl)?password|passwd|secret|token|api_?key|sentry_key|sentry_secret)"
            r"=[^\s&\"',;\\]+"
        ),
        rf"\1={MASK}",
    ),
)


def mask(text: str) -> str:
    """The text with the secrets in it replaced: bearer tokens, keys in paths, URL passwords, …"""
    lowered = text.lower()
    for mark, pattern, replacement in _RULES:
        if mark in lowered:
            text = pattern.sub(replacement, text)
    return text


def masked(values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy at whose first level the values of sensitive names are replaced."""
    return {
        name: MASK if name.lower() in SENSITIVE_NAMES and value is not None else value
        for name, value in values.items()
    }
