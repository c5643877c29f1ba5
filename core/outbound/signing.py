"""Signatures of messages that leave the platform, as the Standard Webhooks have them.

What is signed is `id.timestamp.body`; the header holds `v1,` and the HMAC-SHA256 in base64, once
for each secret in force. Source: the specification of Standard Webhooks, version 1.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from core.errors import ConfigurationError

PREFIX: Final = "whsec_"
SHORTEST, LONGEST = 24, 64
TOLERANCE: Final = timedelta(minutes=5)


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key(secret: str) -> bytes:
    """The bytes behind `whsec_…`."""
    try:
        found = base64.b64decode(secret.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ConfigurationError("The secret of a webhook is whsec_ and base64.") from error
    if not SHORTEST <= len(found) <= LONGEST:
        raise ConfigurationError(
            f"The secret of a webhook has {SHORTEST} to {LONGEST} bytes; this one {len(found)}."
        )
    return found


def signed(message_id: str, body: bytes, *, at: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """The headers of one message; `message_id` is the same on every repeat of it."""
    moment = str(int(at.timestamp()))
    marks = (_mark(key(secret), message_id, moment, body) for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(f"v1,{mark}" for mark in marks),
    }


def genuine(headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime) -> bool:
    """What a receiver checks: signed with the secret, and not an old message sent again."""
    message_id, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not moment.isdecimal() or abs(now.timestamp() - int(moment)) > TOLERANCE.total_seconds():
        return False
    expected = f"v1,{_mark(key(secret), message_id, moment, body)}".encode()
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(each.encode(), expected) for each in given)


def _mark(secret: bytes, message_id: str, moment: str, body: bytes) -> str:
    content = f"{message_id}.{moment}.".encode() + body
    return base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
