"""What of the broker a name of ours stands for, when a worker is told to serve it."""

from collections.abc import Iterable, Iterator
from typing import Any

from celery.app.amqp import AMQP, Queues
from kombu.utils.functional import maybe_list

from core.store.bands import CRITICAL
from tasks.queues import BANDS, OPEN, PRIORITY_STEPS, Queue, banded, served_bands

# What strangers send has no band of its own; it is served with the normal.
OPEN_BAND = 1


class BandedQueues(Queues):
    """`-Q recovery` serves the bands of the queue that this process is to serve."""

    def select(self, include: str | Iterable[str] | None) -> None:
        wanted = maybe_list(include) or list(Queue)
        super().select([name for each in wanted for name in self._parts(each)])

    def _parts(self, name: str) -> Iterator[str]:
        bands = served_bands()
        banded_names = {number: banded(name, number) for number in BANDS}
        if banded_names[CRITICAL] not in self:
            yield name
            return
        if name in OPEN and OPEN_BAND in bands:
            yield name
        yield from (banded_names[number] for number in bands)


class Routing(AMQP):
    queues_cls = BandedQueues


def reading_options() -> dict[str, Any]:
    """For the connection a worker takes work from: on Redis, the lists of its bands alone."""
    return {"priority_steps": [PRIORITY_STEPS[number] for number in served_bands()]}
