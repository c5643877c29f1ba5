import asyncio
import os
import signal
import sys
from dataclasses import dataclass

import psutil
import pytest

from core.resilience.watermarks import Watermarks
from core.store.heartbeat import Orders
from tasks.queues import Queue
from workers.agent import Agent, Place
from workers.pools import Pool
from workers.programs import Program

# Says what a worker says, and has as many children as it is told to, without having any.
WORKER = """
import json, os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
stem = os.environ["MENDLINE_EXCHANGE"]
pathlib.Path(stem + ".ready").touch()
while True:
    try:
        wanted = json.loads(pathlib.Path(stem + ".wanted").read_text())
    except ValueError:
        continue
    tasks = {n: wanted["renewed"] for n in range(2 ** 22, 2 ** 22 + wanted["children"])}
    told = dict(at=time.monotonic(), pid=os.getpid(), busy=1, reserved=2, finished=3, tasks=tasks)
    pathlib.Path(stem + ".new").write_text(json.dumps(told))
    os.replace(stem + ".new", stem + ".told")
    time.sleep(0.05)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleepers(Pool):
    """A pool whose workers are up at once and do nothing."""

    code: str = WORKER

    def worker(self, number, host, *, children):
        return Program(f"{self.name}-{number}", (sys.executable, "-c", self.code), grace=5)


def pool(**changes):
    values = {
        "name": "sleepers",
        "queues": (Queue.INTAKE,),
        "least": 1,
        "start": 1,
        "most": 6,
        "per_core": 6,
        "per_process": 4,
        "latency_seconds": 1.0,
        "expected_seconds": 1.0,
        "busy_per_core": 6,
        "memory_megabytes_per_child": 100,
        "memory_megabytes_per_process": 100,
        "tasks_per_child": 10,
        "drain_seconds": 5.0,
    }
    return Sleepers(**values | changes)


class Listener:
    """Takes heartbeats in place of the database; answers with the orders that it was given."""

    def __init__(self, orders=None):
        self.orders = orders
        self.heard = []

    def __call__(self, heartbeat):
        self.heard.append(heartbeat)
        return self.orders

    async def hears(self, accept, within=30):
        async with asyncio.timeout(within):
            while not (self.heard and accept(self.heard[-1])):  # noqa: ASYNC110  # told in a thread
                await asyncio.sleep(0.02)
            return self.heard[-1]


@pytest.fixture
def play(data_dir, monkeypatch):
    monkeypatch.setattr("workers.agent.INTERVAL", 0.1)

    def run(scenario, listener, *, marks=None, **changes):
        place = Place(folder=data_dir / "processes", host="here", marks=marks or Watermarks(1, 1))

        async def whole():
            agent = Agent(pool(**changes), place, report=listener)
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


def test_it_tells_what_its_workers_do_and_what_the_host_has(play):
    async def scenario(listener):
        heartbeat = await listener.hears(lambda told: told.detail["pss_bytes"] > 0)
        detail = heartbeat.detail
        assert (detail["busy"], detail["reserved"], detail["finished"]) == (1, 2, 3)
        assert (detail["least"], detail["most"], detail["restarts"]) == (1, 6, 0)
        assert detail["machine"]["memory_bytes"] > detail["machine"]["memory_used_bytes"] > 0

    play(scenario, Listener())


def test_it_grows_by_children_first_and_then_by_processes(play):
    async def scenario(listener):
        await listener.hears(lambda told: told.detail["children"] == 1)
        listener.orders = Orders(3)
        heartbeat = await listener.hears(lambda told: told.detail["children"] == 3)
        assert list(heartbeat.detail["processes"]) == ["sleepers-1"]
        listener.orders = Orders(99)
        heartbeat = await listener.hears(lambda told: told.running == 2)
        await listener.hears(lambda told: told.detail["children"] == 6)
        assert heartbeat.target == 6

    play(scenario, Listener())


def test_it_shrinks_to_nothing_if_asked_to(play):
    async def scenario(listener):
        await listener.hears(lambda told: told.running == 2)
        listener.orders = Orders(4)
        await listener.hears(lambda told: list(told.detail["processes"]) == ["sleepers-1"])
        listener.orders = Orders(0)
        await listener.hears(lambda told: not told.detail["processes"])

    play(scenario, Listener(), start=5)


def test_an_asked_restart_puts_a_new_process_in_place_before_the_old_one_goes(play):
    async def scenario(listener):
        await listener.hears(lambda told: told.running == 1)
        listener.orders = Orders(1, restarts_asked=1)
        await listener.hears(lambda told: list(told.detail["processes"]) == ["sleepers-2"])

    listener = Listener(Orders(1))
    play(scenario, listener)
    begun = [told.running for told in listener.heard].index(1)
    assert all(told.running for told in listener.heard[begun:] if told.state == "running")


def test_a_killed_worker_is_back_and_counted(play):
    async def scenario(listener):
        await listener.hears(lambda told: told.running == 1)
        (worker,) = [p for p in psutil.Process().children() if "EXCHANGE" in str(p.cmdline())]
        worker.kill()
        await listener.hears(lambda told: told.running == 0)
        heartbeat = await listener.hears(lambda told: told.running == 1)
        assert heartbeat.detail["restarts"] == 1

    play(scenario, Listener())


def test_a_pool_whose_workers_keep_dying_is_told_to_be_broken(play):
    async def scenario(listener):
        heartbeat = await listener.hears(lambda told: told.state == "broken")
        assert heartbeat.detail["restarts"] == 3

    play(scenario, Listener(), code="raise SystemExit(1)")


def test_a_silent_database_changes_nothing(play):
    async def scenario(listener):
        await listener.hears(lambda told: told.detail["children"] == 2)

    play(scenario, Listener(), start=2)


def test_where_memory_is_short_nothing_grows_and_children_are_renewed(play):
    async def scenario(listener):
        await listener.hears(lambda told: told.running == 1)
        listener.orders = Orders(4)
        for _ in range(5):
            heard = len(listener.heard)
            await listener.hears(lambda _, heard=heard: len(listener.heard) > heard)
        told = listener.heard[-1]
        assert (told.target, told.detail["machine"]["memory"]) == (1, "critical")

    play(scenario, Listener(), marks=Watermarks(0.0001, 0.0002))


def test_a_process_that_outgrew_its_limit_is_replaced(play, monkeypatch):
    monkeypatch.setattr("workers.agent.LEAST_LIFE", 0.5)

    async def scenario(listener):
        await listener.hears(lambda told: "sleepers-2" in told.detail["processes"])

    play(scenario, Listener(), memory_megabytes_per_process=1)
