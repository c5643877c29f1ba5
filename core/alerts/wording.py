"""How a notification is headed: what it is about, in a line."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from core.alerts.channel import RESOLVED, rank
from core.alerts.flush import Wanted
from core.model import Alert, AlertGroup

MOST_NAMES: Final = 3


def title(group: AlertGroup, alerts: Sequence[Alert]) -> str:
    """One alert by its name and component; many by their number and most frequent names."""
    if group.digest_of is not None:
        return f"{len(alerts)} alerts while the budget was used up"
    if len(alerts) == 1:
        return _one(alerts[0])
    names = Counter(str(alert.labels.get("alertname", "")) for alert in alerts)
    first = ", ".join(name for name, _ in names.most_common(MOST_NAMES))
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    where = {alert.component for alert in alerts}
    at = f" in {where.pop()}" if len(where) == 1 and None not in where else ""
    return f"{len(alerts)} alerts{at}: {first}{more}"


def summary(wanted: Wanted, alerts: Sequence[Alert]) -> str:
    firing = [alert for alert in alerts if alert.state != RESOLVED]
    worst = min((alert.severity for alert in firing), key=rank, default="")
    counts = f"{len(firing)} firing, {len(alerts) - len(firing)} resolved"
    return f"{counts}; worst {worst}. {wanted.reason}" if worst else f"{counts}. {wanted.reason}"


def project(alerts: Sequence[Alert]) -> int | None:
    """The project of all of them, if they have one."""
    found = {alert.project_id for alert in alerts}
    return found.pop() if len(found) == 1 else None


def _one(alert: Alert) -> str:
    name = str(alert.labels.get("alertname", "")) or "Alert"
    return f"{name} in {alert.component}" if alert.component else name
