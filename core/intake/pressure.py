"""How full the inbox is: an estimate that is counted now and then and carried on in between.

And whether the host is critically short of memory: then single errors are taken in, batches not.
"""

from typing import Final

from core.intake.link import Link

RETRY_AFTER: Final = 10
# Counts no further than the limit, so that it costs little even when the inbox is huge.
_COUNT: Final = "SELECT count(*) FROM (SELECT FROM inbox LIMIT %s) AS waiting"


class Pressure:
    def __init__(self, link: Link, *, limit: int) -> None:
        self._link = link
        self._limit = limit
        self._rows = 0
        self.memory_short = False

    def added(self, rows: int) -> None:
        self._rows += rows

    async def refresh(self) -> None:
        ((rows,),) = await self._link.run(_COUNT, (self._limit,))
        self._rows = rows

    @property
    def retry_after(self) -> int | None:
        """Seconds after which a client may try again; None while there is room."""
        return RETRY_AFTER if self._rows >= self._limit else None
