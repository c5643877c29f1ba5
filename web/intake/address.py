"""Which intake endpoint a path means; a missing or an extra slash makes no difference."""

from enum import Enum
from typing import Final, NamedTuple


class Endpoint(Enum):
    ENVELOPE = "envelope"
    STORE = "store"
    REPORT = "report"
    BATCH = "batch"
    COMPONENT = "component"
    BREAKER = "breaker"
    ACQUIRE = "acquire"


class Address(NamedTuple):
    """`project` as it stands in the path, `key` of the keyed path, `name` of a thing."""

    endpoint: Endpoint
    project: str = ""
    key: str = ""
    name: str = ""


_REPORT: Final = Address(Endpoint.REPORT)
_BATCH: Final = Address(Endpoint.BATCH)
_SENTRY: Final = {"envelope": Endpoint.ENVELOPE, "store": Endpoint.STORE}
_ERRORS: Final = {
    ("api", "errors"): Endpoint.REPORT,
    ("api", "errors", "batch"): Endpoint.BATCH,
}
_VERSIONED: Final = {
    ("components", "report"): Endpoint.COMPONENT,
    ("breakers", "report"): Endpoint.BREAKER,
    ("breakers", "acquire"): Endpoint.ACQUIRE,
}
_MASK: Final = "***"


def find(path: str) -> Address | None:
    """None for a path that is not of intake."""
    match [part for part in path.split("/") if part]:
        case ["api", "errors"]:
            return _REPORT
        case ["api", "errors", "batch"]:
            return _BATCH
        case ["api", project, ("envelope" | "store") as form]:
            return Address(_SENTRY[form], project=project)
        case ["k", key, *rest] if tuple(rest) in _ERRORS:
            return Address(_ERRORS[tuple(rest)], key=key)
        case ["api", "v1", subject, *name, verb] if name and (subject, verb) in _VERSIONED:
            return Address(_VERSIONED[subject, verb], name="/".join(name))
    return None


def masked(path: str) -> str:
    """The path for a log line: the key in a keyed path is a credential."""
    parts = path.split("/")
    places = [place for place, part in enumerate(parts) if part]
    if len(places) > 1 and parts[places[0]] == "k":
        parts[places[1]] = _MASK
    return "/".join(parts)
