"""Asks the API whether the platform is ready, and what is missing if it is not."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Final

TIMEOUT: Final = 5.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """`missing` in words for people."""

    ready: bool
    missing: str = ""


def probe(url: str) -> Readiness:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310  # our own address
            return Readiness(answer.status == 200)  # noqa: PLR2004  # what the name says
    except urllib.error.HTTPError as error:
        with error:
            return Readiness(False, _missing(error.read()))
    except (OSError, ValueError):
        return Readiness(False, "the API does not answer yet")


def _missing(body: bytes) -> str:
    try:
        found = json.loads(body)["checks"]
        return ", ".join(f"{name}: {detail}" for name, detail in found.items())
    except (ValueError, KeyError, TypeError, AttributeError):
        return body.decode(errors="replace")[:500]
