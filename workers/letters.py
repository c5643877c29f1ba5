"""Dead letters made from raw messages, whatever is in them."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from kombu import Message

from core.errors import report
from core.store.deadletters import Capture

RAW_LIMIT: Final = 2**20
# What an operator needs to understand and replay; the rest of Celery's headers is bookkeeping.
HEADERS: Final = ("id", "task", "retries", "eta", "expires", "origin", "root_id", "mendline")


def letter(message: Message, reason: str, error: BaseException | None) -> Capture:
    """The raw body is kept: nothing here trusts it to be decodable."""
    found: Any = message.headers  # strangers put anything there
    headers = found if isinstance(found, Mapping) else {}
    body = _raw(message.body)
    message_id = _text(headers.get("id"))
    return Capture(
        capture_key=f"message-{message_id or _digest(message, body)}",
        reason=reason,
        task=_text(headers.get("task")),
        queue=_text((message.delivery_info or {}).get("routing_key")),
        message_id=message_id,
        headers=_described(message, headers),
        raw=body[:RAW_LIMIT],
        error=report(error) if error is not None else None,
        attempts=1,
    )


def _described(message: Message, headers: Mapping[Any, Any]) -> dict[str, Any]:
    kept = {str(name): _plain(headers[name]) for name in headers if name in HEADERS}
    return kept | {
        "content_type": _plain(message.content_type),
        "content_encoding": _plain(message.content_encoding),
    }


def _raw(body: Any) -> bytes:
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    return str(body).encode("utf-8", "surrogatepass")


def _digest(message: Message, body: bytes) -> str:
    return hashlib.sha256(str(message.delivery_tag).encode() + b"\x00" + body).hexdigest()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else repr(value)[:500]
