"""Makes room: takes away the keys of a cache, or old files of a folder."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from core.clock import Clock
from core.recovery.action import ActionError, Done, Order
from core.recovery.arguments import Arguments
from core.recovery.declared import Cache, Folder
from core.recovery.failing import told
from core.recovery.sweeping import Budget, Swept, files, keys

MOST: Final = 1_000_000


class CleanupAction:
    """`{"cache": name}` or `{"folder": name}`, with `"most"?`: at most so many.

    A folder is one of the host that the work runs on.
    """

    name = "cleanup"
    reversible = False

    def __init__(
        self, caches: Mapping[str, Cache], folders: Mapping[str, Folder], clock: Clock
    ) -> None:
        self._caches = caches
        self._folders = folders
        self._clock = clock

    def run(self, order: Order) -> Done:
        with Arguments("The action cleanup", order.arguments) as given:
            most = given.whole("most", 100_000, low=1, high=MOST)
            budget = Budget(most, self._clock.monotonic() + order.timeout, order.dry_run)
            cached = "cache" in order.arguments
            if cached:
                cache: Cache = given.declared("cache", self._caches, "caches")
            else:
                folder: Folder = given.declared("folder", self._folders, "folders")
        with told(f"{order.target} was not cleaned up"):
            swept = (
                keys(cache, budget, self._clock) if cached else files(folder, budget, self._clock)
            )
        return _done(swept, "keys" if cached else "files", dry_run=order.dry_run)

    def undo(self, order: Order, undo: Mapping[str, Any]) -> Done:  # noqa: ARG002
        raise ActionError("What was cleaned up does not come back.", permanent=True)


def _done(swept: Swept, what: str, *, dry_run: bool) -> Done:
    rest = "" if swept.complete else "; there is more"
    verb = "Would take" if dry_run else "Took"
    if swept.refused and not swept.things:
        raise ActionError(f"None of the {swept.refused} files may be taken away.", permanent=True)
    return Done(f"{verb} {swept.things} {what} away{rest}.", asdict(swept))
