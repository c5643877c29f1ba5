"""Steps of sagas, and what keeps sagas from standing still."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from importlib.metadata import EntryPoint, entry_points
from typing import Final

import pluggy
import structlog

from core.errors import ErrorReport
from core.sagas import Registry, Saga, UnknownSagaError
from core.sagas.saga import declared
from core.work.attempt import LeaseLostError, Started
from tasks.base import Queue, Result, Task, Work, task

ENTRY_POINTS: Final = "mendline.sagas"


log = structlog.get_logger()


def installed(points: Iterable[EntryPoint] | None = None) -> Iterator[Saga]:
    """What other distributions declare, in plain values; one that is broken is told in the log."""
    for entry in entry_points(group=ENTRY_POINTS) if points is None else points:
        loaded = pluggy.Result.from_call(lambda: declared(entry.load()))  # noqa: B023 (called now)
        if loaded.exception is None:
            yield loaded.get_result()
        else:
            log.warning("saga.not_loaded", saga=entry.name, exc_info=loaded.exception)


registry: Final = Registry(installed)


class SagaTask(Task):
    """A step that failed for good is undone together with those before it."""

    abstract = True

    def give_up(self, started: Started, failed: ErrorReport) -> bool:
        try:
            return self.runtime.sagas.give_up(started, failed)
        except LeaseLostError:
            return True
        except UnknownSagaError:
            return False


@task("saga.step", queue=Queue.RECOVERY, base=SagaTask)
def step(work: Work, saga_id: int, position: int, direction: str) -> None:
    work.runtime.sagas.step(work.session, saga_id, position, direction)


@task("saga.sweep", queue=Queue.MAINTENANCE)
def sweep(work: Work) -> Result:
    return asdict(work.runtime.sagas.sweep())
