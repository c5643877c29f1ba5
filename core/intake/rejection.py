"""Why something was not taken in: the words under which rejections are counted in the books."""

from enum import StrEnum
from typing import Final

from core.errors import DependencyError, MendlineError


class Reason(StrEnum):
    NO_KEY = "no_key"
    UNKNOWN_KEY = "unknown_key"
    WRONG_PROJECT = "wrong_project"
    TOO_LARGE = "too_large"
    TOO_MANY_ITEMS = "too_many_items"
    ENCODING = "encoding"
    MALFORMED = "malformed"
    INVALID = "invalid"
    DUPLICATE_ITEM = "duplicate_item"
    INBOX_FULL = "inbox_full"
    SPOOL_FULL = "spool_full"
    MEMORY_SHORT = "memory_short"
    UNAVAILABLE = "unavailable"


# The kinds of items that Sentry's clients send besides errors. Others count as "unknown", so that
# a client cannot invent rows of the books.
SKIPPED_KINDS: Final = frozenset(
    {
        "attachment",
        "check_in",
        "client_report",
        "feedback",
        "form_data",
        "log",
        "metric_buckets",
        "metric_meta",
        "nel",
        "otel_log",
        "otel_span",
        "profile",
        "profile_chunk",
        "raw_security",
        "replay_event",
        "replay_recording",
        "replay_video",
        "security",
        "session",
        "sessions",
        "span",
        "statsd",
        "trace_metric",
        "transaction",
        "unreal_report",
        "user_report",
        "user_report_v2",
    }
)


def skipped_kind(name: str) -> str:
    return name if name in SKIPPED_KINDS else "unknown"


def reason_of(error: MendlineError) -> str:
    """The books' word for it; errors raised by intake carry a `Reason`."""
    usual = Reason.UNAVAILABLE if isinstance(error, DependencyError) else Reason.INVALID
    return str(error.context.get("reason", usual))
