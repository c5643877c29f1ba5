"""What is kept of the first event of each issue key: all that grouping reads, and no more.

It outlives the event, so users, requests, breadcrumbs and local variables are not part of it.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

LONGEST: Final = 256 * 1024
FIELDS: Final = frozenset({
    "exception", "sentry.interfaces.Exception", "logentry", "message", "sentry.interfaces.Message",
    "stacktrace", "threads", "fingerprint", "platform", "level", "logger", "transaction", "culprit",
    "type", "tags", "release", "environment", "dist", "code", "http_status", "status_code",
    "server_name", "sdk",
})  # fmt: skip
EXTRA: Final = frozenset({"code", "http_status", "status_code"})
LOCAL: Final = frozenset({"vars", "pre_context", "post_context"})
# Exceptions → values → exception → stacktrace → frames → frame, with room for odd shapes.
DEEPEST: Final = 12


def example(event: Mapping[str, Any]) -> bytes | None:
    """As JSON; none for an event that is too large to be kept as an example."""
    kept = {field: _plain(value) for field, value in event.items() if field in FIELDS}
    extra = event.get("extra")
    if isinstance(extra, Mapping) and (told := {key: extra[key] for key in EXTRA & extra.keys()}):
        kept["extra"] = told
    document = orjson.dumps(kept)
    return document if len(document) <= LONGEST else None


def _plain(value: Any, depth: int = 0) -> Any:
    """Without local variables and the lines around, wherever they stand."""
    if depth >= DEEPEST:
        return None
    if isinstance(value, dict):
        return {key: _plain(each, depth + 1) for key, each in value.items() if key not in LOCAL}
    if isinstance(value, list):
        return [_plain(each, depth + 1) for each in value]
    return value
