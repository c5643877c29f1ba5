"""The end of a service, as its loops see it: they rest until the next round or until it ends.

Cancelling them instead could be lost: a driver that fails while it cleans up raises its own error.
"""

import asyncio
from contextlib import suppress


class Ending:
    def __init__(self) -> None:
        self._event = asyncio.Event()

    def begin(self) -> None:
        self._event.set()

    @property
    def begun(self) -> bool:
        return self._event.is_set()

    async def rest(self, seconds: float) -> bool:
        """Sleeps, but no longer than until the end; True if that has come."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._event.wait()
        return self._event.is_set()
