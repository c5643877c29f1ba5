import random
import subprocess
import sys
import threading

import pytest

from tests.integration.core.digest.world import World

EVENTS = 240
KILLS = 6


@pytest.fixture
def world(database, clock):
    return World(database, clock, size=20)


def killed_after(url, seconds):
    """A digesting process, killed in the middle; says whether it had emptied the inbox before."""
    command = [sys.executable, "-m", "tests.integration.core.digest.digesting", url, "20"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.stdin.write("\n")
        process.stdin.flush()
        threading.Event().wait(seconds)
        process.kill()
        return "empty" in process.stdout.read()


def test_workers_that_are_killed_lose_nothing_and_double_nothing(world, database_url):
    world.fill([*range(EVENTS), *range(0, EVENTS, 4)])
    rng = random.Random(5)
    finished = [killed_after(database_url, rng.uniform(0.005, 0.06)) for _ in range(KILLS)]
    assert not all(finished)
    world.digest()
    totals = world.totals()
    assert (totals.stored, totals.duplicates) == (EVENTS, EVENTS // 4)
    assert (totals.pending, totals.missing) == (0, 0)


def test_after_kills_every_count_agrees(world, database_url):
    world.fill(range(EVENTS))
    for seconds in (0.01, 0.03):
        killed_after(database_url, seconds)
    world.digest()
    stored = world.one("SELECT count(*) FROM events")
    assert stored == EVENTS == world.one("SELECT count(*) FROM event_ids")
    assert stored == world.one("SELECT sum(event_count)::int FROM issues")
    assert stored == world.one("SELECT sum(events)::int FROM issue_minutes")
    assert stored == world.one("SELECT sum(events)::int FROM component_minutes")
    begun = world.one("SELECT count(*) FROM signals WHERE kind = 'new_issue'")
    assert begun == world.one("SELECT count(*) FROM issues")
