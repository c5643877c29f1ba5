"""What a pool of workers is: its queues, its size, and the Celery processes that make it up."""

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import Any, Final

import config
from core.errors import ConfigurationError, InvalidInputError
from tasks.queues import Queue
from workers.procfile import ROOT
from workers.programs import Program

READY_FILE: Final = "MENDLINE_READY_FILE"
PATH: Final = Path(config.__file__).with_name("defaults") / "pools.toml"


@dataclass(frozen=True, slots=True)
class Pool:
    """One kind of worker. `children` and `tasks_per_child` are of each Celery process."""

    name: str
    queues: tuple[Queue, ...]
    children: int
    least: int
    start: int
    most: int
    memory_megabytes_per_child: int
    tasks_per_child: int
    drain_seconds: float

    def within_limits(self, target: int) -> int:
        return min(max(target, self.least), self.most)

    def worker(self, number: int, host: str) -> Program:
        """The Celery process of that number, from 1."""
        name = f"{self.name}-{number}"
        argv = (
            # Celery warns of root at every start; here root gives nothing away, messages are JSON.
            *(sys.executable, "-W", "ignore:::celery.platforms", "-m", "celery", "--quiet"),
            *("-A", "tasks.app", "worker"),
            *("-Q", ",".join(self.queues)),
            *("-c", str(self.children)),
            *("-n", f"{name}@{host}"),
            *("--include", "workers.announce"),
            *("--max-tasks-per-child", str(self.tasks_per_child)),
            *("--max-memory-per-child", str(self.memory_megabytes_per_child * 1024)),
            *("--without-gossip", "--without-mingle"),
        )
        return Program(
            name=name,
            argv=argv,
            environment={"MENDLINE_PROCESS": name},
            directory=ROOT,
            stop_signal=Signals.SIGTERM,
            grace=self.drain_seconds,
        )


def load(path: Path = PATH) -> dict[str, Pool]:
    try:
        tables = tomllib.loads(path.read_text())
        return {name: _pool(name, table) for name, table in tables.items()}
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"{path} does not describe pools: {error!r}.") from error


def find(name: str, pools: Mapping[str, Pool]) -> Pool:
    if name not in pools:
        raise InvalidInputError(f"No such pool: {name}. There are: {', '.join(sorted(pools))}.")
    return pools[name]


def _pool(name: str, table: Mapping[str, Any]) -> Pool:
    processes = table["processes"]
    pool = Pool(
        name=name,
        queues=tuple(Queue(queue) for queue in table["queues"]),
        children=int(table["children"]),
        least=int(processes["least"]),
        start=int(processes["start"]),
        most=int(processes["most"]),
        memory_megabytes_per_child=int(table["memory_megabytes_per_child"]),
        tasks_per_child=int(table["tasks_per_child"]),
        drain_seconds=float(table["drain_seconds"]),
    )
    if not 0 <= pool.least <= pool.start <= pool.most or pool.children < 1 or not pool.queues:
        raise ValueError(f"the numbers of pool {name} contradict one another")
    return pool
