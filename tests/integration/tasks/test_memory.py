"""A task that takes much of a small budget of memory, and what the fleet makes of it."""

import psutil
import pytest
from sqlalchemy import select

from config import machine
from core.clock import SystemClock
from core.model import WorkHold
from core.resilience.watermarks import Level, Watermarks
from core.store import agents
from core.store.bands import LOW_PRIORITY
from core.store.heartbeat import Heartbeat
from tests.integration.tasks.conftest import wait_until
from workers.exchange import Told
from workers.pressure import Pressure
from workers.vitals import Vitals

MEGABYTES = 200


class Group:
    """A control group of one worker, whose limit leaves little room for what its tasks take."""

    def __init__(self, folder, pid):
        self.folder, self.main = folder, psutil.Process(pid)
        limit = self.used() + MEGABYTES * 2**20
        (folder / "memory.max").write_text(str(limit))
        (folder / "memory.stat").write_text("inactive_file 0")

    def pids(self):
        return [self.main.pid, *(each.pid for each in self.main.children(recursive=True))]

    def used(self):
        return sum(machine.resident(pid).pss for pid in self.pids())

    def measure(self):
        (self.folder / "memory.current").write_text(str(self.used()))


@pytest.fixture
def group(worker, tmp_path, monkeypatch):
    group = Group(tmp_path, worker.process.pid)
    monkeypatch.setattr(machine, "CGROUPS", tmp_path)
    monkeypatch.setattr(machine, "OWN_CGROUP", tmp_path / "none")
    return group


@pytest.fixture
def level(group, database):
    """What an agent measures and reports, and whether the fleet holds what can wait."""
    vitals, clock = Vitals(Watermarks(0.8, 0.9)), SystemClock()
    pressure = Pressure(database, clock)

    def look():
        group.measure()
        children = dict.fromkeys(group.pids()[1:], 0)
        told = Told(at=0.0, pid=group.main.pid, busy=0, reserved=0, finished=0, tasks=children)
        vitals.measure({"shared": told})
        names = {"pool": "general", "host": "here", "state": "running"}
        beat = Heartbeat(**names, target=1, running=1, detail=vitals.detail())
        with database.transaction() as session:
            agents.report(session, beat, now=clock.now())
        pressure.relieve()
        return vitals.level

    return look


def held(database):
    with database.transaction() as session:
        return set(session.scalars(select(WorkHold.target)))


def test_while_a_task_holds_the_memory_work_of_low_priority_waits(house, database, level, tmp_path):
    assert level() < Level.CRITICAL
    until = tmp_path / "released"
    work_id = house.order("drill.hold", megabytes=MEGABYTES, until=str(until))
    house.reaches(work_id, "running")
    wait_until(lambda: level() is Level.CRITICAL)
    assert LOW_PRIORITY in held(database)
    until.touch()
    house.reaches(work_id, "done")
    wait_until(lambda: level() is Level.EASY)
    assert LOW_PRIORITY not in held(database)
