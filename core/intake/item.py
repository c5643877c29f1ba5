"""One accepted error on its way to the inbox, and how its bytes are to be read."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any


class Kind(IntEnum):
    """The format of the body (after its encoding is undone)."""

    ENVELOPE = 1  # a Sentry envelope holding exactly one event item, as it came
    EVENT = 2  # the JSON of one event in Sentry's format
    REPORT = 3  # the JSON of one `POST /api/errors` object


class Encoding(IntEnum):
    """The compression of the body. Bytes are kept as they came where that is cheapest."""

    IDENTITY = 0
    GZIP = 1
    DEFLATE = 2
    BROTLI = 3
    ZSTD = 4


@dataclass(frozen=True, slots=True)
class InboxItem:
    """What intake accepts and the digest claims. `hints` is what only the request knew."""

    project_id: int
    event_id: uuid.UUID
    received_at: datetime
    kind: Kind
    encoding: Encoding
    body: bytes
    hints: dict[str, Any] | None = None
