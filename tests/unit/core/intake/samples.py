"""Requests as clients make them, for tests."""

import gzip
import json
from datetime import UTC, datetime

from core.errors import MendlineError
from core.intake.item import Encoding
from core.intake.limits import Limits
from core.intake.submission import Arrival

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIMITS = Limits(body=10_000, decompressed=20_000, event=5_000, items=10)
ID = "9ec79c33ec9942ab8353589fcb2e04dc"
OTHER_ID = "11111111222222223333333344444444"
EVENT = {"event_id": OTHER_ID, "message": "boom", "level": "error"}


def envelope(*pieces, header=None):
    """`pieces` are `(type, payload)`; a dict becomes JSON."""
    lines = [json.dumps({"event_id": ID} if header is None else header).encode()]
    for kind, payload in pieces:
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        lines += [json.dumps({"type": kind, "length": len(data)}).encode(), data]
    return b"\n".join(lines) + b"\n"


def arrival(body, *, gzipped=False):
    if gzipped:
        return Arrival(7, NOON, Encoding.GZIP, gzip.compress(body, mtime=0))
    return Arrival(7, NOON, Encoding.IDENTITY, body)


def refusal(call, *arguments, **options):
    """The error of ours that the call raises, or None; any other error is a failure."""
    try:
        call(*arguments, **options)
    except MendlineError as error:
        return error
    return None
