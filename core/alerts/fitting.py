"""How many of a notice's alerts one message can hold: other sides refuse what is too long."""

from collections.abc import Iterator, Sequence

from core.alerts.channel import AlertView


def fitting(alerts: Sequence[AlertView], *, most: int, size: int) -> tuple[AlertView, ...]:
    """The first of them, `most` at most, as long as all their words have `size` signs together.

    Senders may give an alert so many words that a message of it alone would be refused.
    """
    return tuple(_first(alerts[:most], size))


def _first(alerts: Sequence[AlertView], size: int) -> Iterator[AlertView]:
    left = size
    for each in alerts:
        left -= _length(each)
        if left < 0:
            return
        yield each


def _length(alert: AlertView) -> int:
    told = (alert.labels, alert.annotations, alert.links)
    return len(alert.name) + sum(len(k) + len(v) for each in told for k, v in each.items())
