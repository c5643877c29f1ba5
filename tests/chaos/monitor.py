"""Watches a site while it is hit: what runs, what came in, what was finished."""

import threading
import time
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from tests.chaos.outcome import Hit

EVERY = 0.4


@dataclass
class Wound:
    """A fault that is over and not yet recovered from."""

    hit: Hit
    since: float
    accepted: int
    finished: int


class Monitor:
    """Recovered is: as many processes of the target as at first, and intake and work went on.

    Work that has all been done needs not go on.
    """

    def __init__(self, site, load):
        self._site = site
        self._load = load
        self._normal = site.normal()
        self._finished = site.orders.finished()
        self._wounds = []
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()

    @property
    def whole(self):
        with self._lock:
            return not self._wounds

    def wounded(self, hit):
        wound = Wound(hit, time.monotonic(), self._load.answered, self._finished)
        with self._lock:
            self._wounds.append(wound)

    def _run(self):
        while not self._end.wait(EVERY):
            self._look()
        self._close()

    def _look(self):
        found = self._site.processes()
        try:
            self._finished = self._site.orders.finished()
            idle = self._site.orders.under_way() == 0
        except SQLAlchemyError:
            return
        now = time.monotonic()
        with self._lock:
            for wound in tuple(self._wounds):
                if self._healed(wound, found, idle=idle):
                    wound.hit.recovered_in = now - wound.since
                    self._wounds.remove(wound)

    def _healed(self, wound, found, *, idle):
        target = wound.hit.target
        whole = len(found[target]) >= self._normal[target]
        goes_on = idle or self._finished > wound.finished
        return whole and goes_on and self._load.answered > wound.accepted

    def _close(self):
        """What has not healed by now took at least so long."""
        now = time.monotonic()
        for wound in self._wounds:
            wound.hit.recovered_in = now - wound.since
