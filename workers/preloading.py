"""What tasks load when they first need it, loaded once by the process that forks their children.

Each child would load it by itself: half a second of a processor and memory that nobody shares,
in the very moment in which a pool grows because there is too much to do.
"""

import gc
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Final

import structlog

from tasks.queues import Queue

log = structlog.get_logger()

# Of what the schedules order every few seconds; the digest is loaded at the start.
MODULES: Final = (
    "config.alerting",
    "config.alerts",
    "config.channels",
    "core.alerts.flushing",
    "sentry_sdk",
    "tasks.evaluating",
    "tasks.mending",
    "tasks.remedies",
    "tasks.telling",
)
# The start of a platform is not held up by it.
AFTER_SECONDS: Final = 15.0


def is_for(queues: Iterable[str]) -> bool:
    """Whether who serves these queues, in whatever bands, does such work."""
    return any(name.startswith(str(Queue.RECOVERY)) for name in queues)


@cache
def preload() -> None:
    for name in MODULES:
        import_module(name)
    freeze()
    log.debug("children.preloaded", modules=len(MODULES))


def freeze() -> None:
    """What is loaded stays, and stays shared with the children."""
    gc.collect()
    gc.freeze()
