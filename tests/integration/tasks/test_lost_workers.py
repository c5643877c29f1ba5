"""Workers and their children that die in the middle."""

import os
import signal

import redis

from core.model import WorkItem
from tests.integration.tasks.conftest import wait_until


def test_killed_worker_is_rescued_and_the_work_done_once_in_effect(house, start_worker):
    first = start_worker("first")
    work_id = house.order("drill.slow", what="slow", seconds=1.5, lease_seconds=3)
    house.reaches(work_id, "running")
    first.kill()
    second = start_worker("second")
    done = house.reaches(work_id, "done", house.fleet)
    assert done.attempt == 2
    assert house.effects("slow") == 1
    second.stop()


def test_children_of_a_killed_main_process_finish_what_they_are_at(house, start_worker):
    worker = start_worker("orphaned")
    work_id = house.order("drill.slow", what="orphaned", seconds=1.5, lease_seconds=10)
    house.reaches(work_id, "running")
    os.kill(worker.process.pid, signal.SIGKILL)
    assert house.reaches(work_id, "done").attempt == 1
    assert house.effects("orphaned") == 1
    worker.process.wait()


def test_killed_worker_leaves_content_that_becomes_a_row(house, start_worker, environment):
    """Whoever gets the message next does not try it: the ledger does, and counts."""
    worker = start_worker("killed")
    house.send("drill.content", what="all", fail="kill all", task_id="all")
    worker.process.wait(30)
    with redis.Redis.from_url(environment["MENDLINE_REDIS_URL"]) as broker:
        (tag,) = broker.zrange("unacked_index", 0, -1)
    with house.sender._app.connection_for_read() as connection:
        connection.default_channel.qos.restore_by_tag(tag.decode())
    restarted = start_worker("restarted")
    (item,) = wait_until(lambda: house.rows(WorkItem, unique_key="message-all"))
    done = house.reaches(item.id, "done", house.fleet)
    assert (done.queue, done.attempt, house.effects("all")) == ("intake", 1, 1)
    house.send("drill.content", what="canary")
    wait_until(lambda: house.effects("canary"))
    restarted.stop()


def test_child_that_kills_itself_is_poison(house, start_worker):
    worker = start_worker("poisoned")
    work_id = house.order("drill.fail", what="poison", how="kill", max_attempts=2)
    house.reaches(work_id, "dead", house.fleet)
    (letter,) = house.letters(work_id=work_id)
    assert (letter.reason, letter.attempts) == ("poison", 2)
    assert {entry["event"] for entry in letter.history} == {"lost"}
    assert house.effects("poison") == 0
    assert worker.process.poll() is None


def test_hard_time_limit_ends_the_lease_at_once(house, start_worker):
    start_worker("limited")
    work_id = house.order("drill.limited", deaf=True)
    wait_until(lambda: house.row(work_id).history, lambda: dict(house.row(work_id)))
    assert house.row(work_id).history[0]["reason"] == "time_limit"
    house.ledger.reconcile(settle=0)
    assert house.row(work_id).state == "waiting"
