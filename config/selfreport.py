"""Mendline's own failures, sent with sentry-sdk to Mendline itself and to a Sentry of choice."""

import atexit
import socket
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from config.masking import SENSITIVE_NAMES, mask
from core import context
from core.clock import SystemClock

if TYPE_CHECKING:
    from sentry_sdk import Client
    from sentry_sdk.types import Event, Hint

# A failure that repeats in a loop, perhaps caused by its own report, ends here.
PER_MINUTE: Final = 30
FLUSH_SECONDS: Final = 2.0


class SelfReport:
    """Sends exceptions to every address it was made with; without one it does nothing."""

    def __init__(self, addresses: Sequence[str], *, process_name: str, release: str) -> None:
        self._process = process_name
        self._clients = [_client(address, release) for address in addresses]
        self._window = 0.0
        self._sent = 0
        if self._clients:
            atexit.register(self.close)

    def exception(self, error: BaseException, **tags: str) -> bool:
        """True when the failure was handed over; never waits for the network."""
        if not self._clients or not self._allowed():
            return False
        for client in self._clients:
            _send(client, error, {"process": self._process, **context.current(), **tags})
        return True

    def close(self) -> None:
        for client in self._clients:
            client.close(timeout=FLUSH_SECONDS)
        atexit.unregister(self.close)

    def _allowed(self) -> bool:
        now = SystemClock().monotonic()
        if now - self._window >= 60:  # noqa: PLR2004 (seconds of a minute)
            self._window, self._sent = now, 0
        self._sent += 1
        return self._sent <= PER_MINUTE


def _send(client: "Client", error: BaseException, tags: Mapping[str, str]) -> None:
    from sentry_sdk import Scope  # noqa: PLC0415 (as below)
    from sentry_sdk.utils import event_from_exception  # noqa: PLC0415

    event, hint = event_from_exception(error, client_options=client.options)
    client.capture_event({**event, "tags": dict(tags)}, hint=hint, scope=Scope())


def _client(address: str, release: str) -> "Client":
    """A client of its own: no hooks in the libraries that we use, nothing is sent by itself."""
    import sentry_sdk  # noqa: PLC0415 (slow to import, and most processes never need it)
    from sentry_sdk.scrubber import (  # noqa: PLC0415
        DEFAULT_DENYLIST,
        DEFAULT_PII_DENYLIST,
        EventScrubber,
    )

    return sentry_sdk.Client(
        dsn=address,
        release=f"mendline@{release}",
        server_name=socket.gethostname(),
        default_integrations=False,
        auto_enabling_integrations=False,
        include_local_variables=False,
        auto_session_tracking=False,
        event_scrubber=EventScrubber(
            denylist=[*DEFAULT_DENYLIST, *SENSITIVE_NAMES],
            pii_denylist=DEFAULT_PII_DENYLIST,
            recursive=True,
        ),
        before_send=_without_secrets,
    )


def _without_secrets(event: "Event", _hint: "Hint") -> "Event":
    cleaned: Event = _mask_all(event)
    return cleaned


def _mask_all(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {name: _mask_all(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_mask_all(inner) for inner in value]
    return value
