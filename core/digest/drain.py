"""Empties the inbox: batch after batch, until nothing is left or a message's time is over."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from core.clock import Clock
from core.digest.batch import Batch, Digester
from core.digest.wake import Wake
from core.store.counters import Token

BUDGET_SECONDS: Final = 10.0
# After a batch this small, a pause lets more rows gather: each transaction has its price.
SMALL_BATCH: Final = 50
PAUSE_SECONDS: Final = 0.05

log = structlog.get_logger()


class Observer(Protocol):
    def __call__(self, batch: Batch, seconds: float) -> None:
        """Told of each batch that was committed."""
        ...


@dataclass(frozen=True, slots=True)
class Drained:
    """`emptied`: nothing was left; else the time was over."""

    batches: int
    rows: int
    emptied: bool


class Drain:
    def __init__(
        self,
        digester: Digester,
        wake: Wake,
        *,
        clock: Clock,
        pause: Callable[[float], None],
        observe: Observer,
    ) -> None:
        self._digester = digester
        self._wake = wake
        self._clock = clock
        self._pause = pause
        self._observe = observe

    def run(self, token: Token | None, *, budget: float = BUDGET_SECONDS) -> Drained:
        """With the slot that `token` stands for, which ends here.

        The token goes first and the look for rows comes after it: whoever committed a row and found
        no free slot did so before, and is seen by this look.
        """
        try:
            drained = self._batches(token, self._clock.monotonic() + budget)
        finally:
            self._wake.release(token)
        if not drained.emptied or self._digester.waiting():
            self._wake.now()
        if drained.rows:
            log.info("inbox.drained", batches=drained.batches, rows=drained.rows)
        return drained

    def _batches(self, token: Token | None, until: float) -> Drained:
        batches = rows = 0
        while self._clock.monotonic() < until:
            self._wake.renew(token)
            begun = self._clock.monotonic()
            batch = self._digester.batch()
            if not batch.rows:
                return Drained(batches, rows, emptied=True)
            self._observe(batch, self._clock.monotonic() - begun)
            batches, rows = batches + 1, rows + batch.rows
            if batch.rows < SMALL_BATCH:
                self._pause(PAUSE_SECONDS)
        return Drained(batches, rows, emptied=False)
