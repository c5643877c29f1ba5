import os

import pytest

from config import machine
from config.machine import Memory, Watch
from core.resilience.watermarks import Watermarks


@pytest.fixture
def group(tmp_path):
    """A control group as the kernel shows it."""

    def write(**files):
        for name, text in files.items():
            (tmp_path / name.replace("_", ".")).write_text(f"{text}\n")
        return tmp_path

    return write


def test_a_container_has_what_its_group_may_use(group):
    used = 900 * 2**20
    cgroup = group(
        memory_max=2**30, memory_current=used, memory_stat=f"anon 5\ninactive_file {2**20}"
    )
    assert machine.memory(cgroup) == Memory(2**30, used - 2**20)


@pytest.mark.parametrize("limit", ["max", ""])
def test_without_a_limit_it_is_the_hosts(group, limit):
    found = machine.memory(group(memory_max=limit, memory_current=5))
    assert found.limit > 2**28
    assert 0 < found.share < 1


def test_a_quota_pays_for_fewer_processors(group):
    assert machine.processors(group(cpu_max="50000 100000")) == 1
    assert machine.processors(group(cpu_max="max 100000")) == len(os.sched_getaffinity(0))


def test_a_process_has_a_size_until_it_has_ended():
    size = machine.resident(os.getpid())
    assert 0 < size.pss <= size.rss
    assert machine.resident(2**22).rss == 0


def test_relief_comes_once_each_time_that_memory_becomes_short():
    shares = iter([50, 85, 95, 87, 84, 50, 85])
    relieved = []
    watch = Watch(Watermarks(), lambda: relieved.append(1), look=lambda: Memory(100, next(shares)))
    assert [watch() for _ in range(7)] == [False, False, True, True, False, False, False]
    assert len(relieved) == 2
