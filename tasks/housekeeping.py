"""Tasks of the house: each takes its turn by the rules and leaves a row of its run."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps
from typing import Any

from config.settings import Settings
from core.maintenance.housekeeping import Chore, Rules, Window
from core.maintenance.turn import House
from tasks.base import Queue, Result, Task, Work, task
from tasks.runtime import Runtime


def house(runtime: Runtime) -> House:
    settings = runtime.settings
    rules = Rules(
        window=Window.parse(settings.maintenance_window),
        behind=settings.maintenance_behind_seconds,
        patience=timedelta(hours=settings.maintenance_patience_hours),
    )
    return House(runtime.database, runtime.clock, rules, partial(short_of_room, settings))


def short_of_room(settings: Settings) -> bool:
    """Whether the disk with our data is too full to wait for a better time."""
    folder = settings.data_dir if settings.data_dir.is_dir() else settings.data_dir.parent
    try:
        total, used, _ = shutil.disk_usage(folder)
    except FileNotFoundError:  # nothing of ours lies on this host
        return False
    return used >= settings.disk_critical * total


def chore(
    name: str, *, job: str, heavy: bool = False, amount: str | None = None, **options: Any
) -> Callable[[Callable[..., Result]], Task]:
    """Registers a body `(work: Work, **arguments)` as a job of the house."""
    about = Chore(job, heavy=heavy, amount=amount)

    def register(body: Callable[..., Result]) -> Task:
        @wraps(body)
        def run(work: Work, **arguments: Any) -> Result:
            assert work.started is not None  # such tasks are ledgered
            act = partial(body, work, **arguments)
            return house(work.runtime).turn(work.session, about, work.started.work_id, act)

        return task(name, queue=Queue.MAINTENANCE, **options)(run)

    return register
