import asyncio
import os
import signal
import sys
from dataclasses import dataclass

import psutil
import pytest

from tasks.queues import Queue
from workers.agent import Agent
from workers.pools import Pool
from workers.programs import Program

WORKER = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
pathlib.Path(os.environ["MENDLINE_READY_FILE"]).touch()
time.sleep(600)
"""


@dataclass(frozen=True, slots=True)
class Sleepers(Pool):
    """A pool whose workers are up at once and do nothing."""

    code: str = WORKER

    def worker(self, number, host):
        return Program(f"{self.name}-{number}", (sys.executable, "-c", self.code), grace=5)


def pool(**changes):
    values = {
        "name": "sleepers",
        "queues": (Queue.INTAKE,),
        "children": 1,
        "least": 1,
        "start": 1,
        "most": 3,
        "memory_megabytes_per_child": 100,
        "tasks_per_child": 10,
        "drain_seconds": 5.0,
    }
    return Sleepers(**values | changes)


class Listener:
    """Takes heartbeats in place of the database; answers with the target it was given."""

    def __init__(self, target=None):
        self.target = target
        self.heard = []

    def __call__(self, heartbeat):
        self.heard.append(heartbeat)
        return self.target

    async def hears(self, accept, within=30):
        async with asyncio.timeout(within):
            while not (self.heard and accept(self.heard[-1])):  # noqa: ASYNC110  # told in a thread
                await asyncio.sleep(0.02)
            return self.heard[-1]


@pytest.fixture
def play(data_dir, monkeypatch):
    monkeypatch.setattr("workers.agent.INTERVAL", 0.1)

    def run(scenario, listener, **changes):
        async def whole():
            agent = Agent(pool(**changes), data_dir / "processes", report=listener, host="here")
            running = asyncio.create_task(agent.run())
            try:
                await scenario(listener)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)
                await running

        asyncio.run(whole())

    return run


def test_it_starts_its_workers_and_tells_when_they_take_work(play):
    async def scenario(listener):
        heartbeat = await listener.hears(lambda told: told.running == 1)
        assert (heartbeat.pool, heartbeat.host, heartbeat.state) == ("sleepers", "here", "running")

    listener = Listener()
    play(scenario, listener)
    assert listener.heard[0].running == 0
    assert (listener.heard[-1].state, listener.heard[-1].running) == ("stopped", 0)


def test_it_grows_and_shrinks_to_the_target_within_its_limits(play):
    async def scenario(listener):
        await listener.hears(lambda told: told.running == 1)
        listener.target = 9
        await listener.hears(lambda told: told.running == 3)
        listener.target = 0
        await listener.hears(lambda told: list(told.detail["processes"]) == ["sleepers-1"])

    play(scenario, Listener())


def test_a_killed_worker_is_back(play):
    async def scenario(listener):
        await listener.hears(lambda told: told.running == 1)
        (worker,) = [p for p in psutil.Process().children() if "READY_FILE" in str(p.cmdline())]
        worker.kill()
        await listener.hears(lambda told: told.running == 0)
        await listener.hears(lambda told: told.running == 1)

    play(scenario, Listener())


def test_a_pool_whose_workers_keep_dying_is_told_to_be_broken(play):
    async def scenario(listener):
        await listener.hears(lambda told: told.state == "broken")

    play(scenario, Listener(), code="raise SystemExit(1)")


def test_a_silent_database_changes_nothing(play):
    async def scenario(listener):
        await listener.hears(lambda told: told.running == 2)

    play(scenario, Listener(target=None), start=2)
