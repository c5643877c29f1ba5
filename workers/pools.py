"""What a pool of workers is: its queues, its size, and the Celery processes that make it up."""

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from signal import Signals
from typing import Any, Final

import config
from core.errors import ConfigurationError, InvalidInputError
from core.store.bands import CRITICAL
from tasks.queues import SERVED, Queue
from workers.procfile import ROOT
from workers.programs import Program

PATH: Final = Path(config.__file__).with_name("defaults") / "pools.toml"
# Where a main process is killed, its children end what they are at instead of having it done twice.
# Nobody renews their leases, so it is less than those have left: 15 s, renewed every 5.
CHILDREN_GRACE: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """One kind of worker on one host. Sizes count children, which do one task at a time each."""

    name: str
    queues: tuple[Queue, ...]
    least: int
    start: int
    most: int
    per_core: float
    per_process: int
    latency_seconds: float
    expected_seconds: float
    busy_per_core: float
    memory_megabytes_per_child: int
    memory_megabytes_per_process: int
    tasks_per_child: int
    drain_seconds: float
    critical_only: bool = False
    begins_after_seconds: float = 0.0
    niceness: int = 0

    def highest(self, processors: int) -> int:
        """What a host with that many processors may have."""
        return max(min(self.most, int(self.per_core * processors)), self.least, self.start)

    def layout(self, children: int) -> tuple[int, ...]:
        """How many children each process has: full ones first, and the rest in the last."""
        full, rest = divmod(max(children, 0), self.per_process)
        return (self.per_process,) * full + ((rest,) if rest else ())

    def worker(self, number: int, host: str, *, children: int) -> Program:
        """The Celery process of that number, from 1, as it starts."""
        name = f"{self.name}-{number}"
        argv = (
            # Celery warns of root at every start; here root gives nothing away, messages are JSON.
            *(sys.executable, "-W", "ignore:::celery.platforms", "-m", "celery", "--quiet"),
            *("-A", "tasks.app", "worker"),
            *("-Q", ",".join(self.queues)),
            *("-c", str(children)),
            *("-n", f"{name}@{host}"),
            *("--include", "workers.announce"),
            *("--max-tasks-per-child", str(self.tasks_per_child)),
            *("--max-memory-per-child", str(self.memory_megabytes_per_child * 1024)),
            *("--without-gossip", "--without-mingle"),
        )
        return Program(
            name=name,
            argv=argv,
            environment={"MENDLINE_PROCESS": name, **self._bands()},
            directory=ROOT,
            stop_signal=Signals.SIGTERM,
            grace=self.drain_seconds,
            children_grace=CHILDREN_GRACE + 1,  # they end by themselves before
            niceness=self.niceness,
        )

    def _bands(self) -> dict[str, str]:
        return {SERVED: str(CRITICAL)} if self.critical_only else {}


def load(own: Path | None = None, *, shipped: Path = PATH) -> dict[str, Pool]:
    """The pools that we ship, with the numbers that the operators' own file has for them."""
    tables = _tables(shipped)
    if own is not None:
        tables = _merged(tables, _tables(own), own)
    try:
        return {name: _pool(name, table) for name, table in tables.items()}
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(f"{own or shipped} does not describe pools: {error!r}.") from error


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} does not describe pools: {error}.") from error


def _merged(ours: Mapping[str, Any], own: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """What is not among ours is a mistake: an agent runs for each line of the Procfile."""
    merged = dict(ours)
    for name, value in own.items():
        if name not in ours or isinstance(ours[name], dict) != isinstance(value, dict):
            known = ", ".join(sorted(ours))
            raise ConfigurationError(f"{path} has {name!r}; what may stand there is {known}.")
        nested = isinstance(value, dict)
        merged[name] = _merged(ours[name], value, path) if nested else value
    return merged


def find(name: str, pools: Mapping[str, Pool]) -> Pool:
    if name not in pools:
        raise InvalidInputError(f"No such pool: {name}. There are: {', '.join(sorted(pools))}.")
    return pools[name]


def _pool(name: str, table: Mapping[str, Any]) -> Pool:
    children = table["children"]
    pool = Pool(
        name=name,
        queues=tuple(Queue(queue) for queue in table["queues"]),
        least=int(children["least"]),
        start=int(children["start"]),
        most=int(children["most"]),
        per_core=float(children["per_core"]),
        per_process=int(children["per_process"]),
        latency_seconds=float(table["latency_seconds"]),
        expected_seconds=float(table["expected_seconds"]),
        busy_per_core=float(table["busy_per_core"]),
        memory_megabytes_per_child=int(table["memory_megabytes_per_child"]),
        memory_megabytes_per_process=int(table["memory_megabytes_per_process"]),
        tasks_per_child=int(table["tasks_per_child"]),
        drain_seconds=float(table["drain_seconds"]),
        critical_only=bool(table.get("critical_only", False)),
        begins_after_seconds=float(table.get("begins_after_seconds", 0)),
        niceness=int(table.get("niceness", 0)),
    )
    _check(pool)
    return pool


def _check(pool: Pool) -> None:
    sizes = 0 <= pool.least <= pool.start <= pool.most
    above = (pool.per_process, pool.per_core, pool.latency_seconds, pool.expected_seconds)
    others = (pool.busy_per_core, pool.drain_seconds, pool.begins_after_seconds)
    # TOML has infinity and NaN; with them the controller could not count children.
    counted = all(map(isfinite, (*above, *others))) and min(above) > 0 <= min(others)
    if not (sizes and counted and pool.queues):
        raise ValueError(f"the numbers of pool {pool.name} contradict one another")
