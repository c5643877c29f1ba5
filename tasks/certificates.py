"""How many days the certificates of those that Mendline talks to are good, as a gauge."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from config.certificates import places
from core.outbound.certificates import Place, good_until
from core.outbound.http import OutboundError
from core.store import gauges
from core.store.gauges import CERTIFICATE_DAYS, Reading

if TYPE_CHECKING:
    from tasks.runtime import Runtime

log = structlog.get_logger()

TIMEOUT: Final = 5.0
AT_ONCE: Final = 8
DAY: Final = timedelta(days=1)


def measure(runtime: "Runtime") -> dict[str, Any]:
    """Those that cannot be asked have no number: a rule may look at its `gauge.age`."""
    asked = places(runtime.settings)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = dict(zip(asked, pool.map(_asked, asked), strict=True))
    now = runtime.clock.now()
    days = {
        str(place): round((until - now) / DAY, 2)
        for place, until in found.items()
        if isinstance(until, datetime)
    }
    with runtime.database.transaction() as session:
        told = [Reading(CERTIFICATE_DAYS, left, {"subject": who}) for who, left in days.items()]
        gauges.put(session, told, now=now)
    failed = {str(place): why for place, why in found.items() if isinstance(why, str)}
    return {CERTIFICATE_DAYS: days, "failed": failed}


def _asked(place: Place) -> datetime | str:
    try:
        return good_until(place, timeout=TIMEOUT)
    except OutboundError as error:
        log.warning("alerts.certificate_unseen", subject=str(place), error=str(error))
        return str(error)
