"""Everything that apprise can reach: Teams, Discord, Telegram, ntfy, Matrix and many more.

It tells no status and no time to wait, only whether it worked; its services have no threads.
"""

import logging
import time
from dataclasses import dataclass
from typing import Final

from core.alerts.channel import Notice, Receipt, TransportError
from core.alerts.posting import excerpt

TYPES: Final = {"critical": "failure", "high": "failure", "error": "failure"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Apprise:
    """One address, so that a repeat does not tell twice those who were reached."""

    name: str
    address: str
    kind: str = "apprise"

    def send(self, notice: Notice, *, timeout: float) -> Receipt:
        import apprise  # noqa: PLC0415 (slow to import)

        # Addresses hold passwords, and it logs them: what it has to say stays with us.
        logging.getLogger("apprise").propagate = False
        kind = "success" if notice.ends else TYPES.get(notice.severity, "warning")
        begun = time.perf_counter()
        with apprise.LogCapture(level=logging.WARNING) as told:  # type: ignore[no-untyped-call]
            service = apprise.Apprise.instantiate(_in_time(self.address, timeout))
            if service is None:
                raise TransportError("apprise does not know this kind of address.", permanent=True)
            if not service.notify(
                body=notice.summary or notice.title, title=notice.title, notify_type=kind
            ):
                raise TransportError(
                    f"apprise could not tell {service.service_name}.",
                    excerpt=excerpt(told.getvalue().encode()),
                )
        return Receipt(None, None, "", time.perf_counter() - begun)


def _in_time(address: str, timeout: float) -> str:
    """With the time to connect and to read that apprise takes in the address."""
    return f"{address}{'&' if '?' in address else '?'}rto={timeout:g}&cto={timeout:g}"
