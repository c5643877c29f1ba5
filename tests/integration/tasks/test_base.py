"""The ways of a task with a worker that lives."""

import pytest

from core.context import bound
from core.work.sender import WorkMessage
from tests.integration.tasks.conftest import wait_until

pytestmark = pytest.mark.usefixtures("worker")


def test_work_is_done_once_and_its_end_is_in_the_row(house):
    done = house.reaches(house.order("drill.note", what="once"), "done")
    assert house.effects("once") == 1
    assert done.result == {"noted": "once"}
    assert done.attempt == 1


def test_second_delivery_does_nothing(house):
    work_id = house.order("drill.note", what="doubled")
    for _ in range(3):
        again = WorkMessage(work_id, "drill.note", "maintenance", 5, f"again-{work_id}")
        house.sender.send(again)
    house.reaches(work_id, "done")
    house.reaches(house.order("drill.note", what="last"), "done")
    assert house.effects("doubled") == 1


def test_transient_failure_is_retried_and_leaves_no_effect(house):
    work_id = house.order("drill.fail", what="retried", how="transient", attempts=2)
    done = house.reaches(work_id, "done", house.fleet)
    assert done.attempt == 3
    assert house.effects("retried") == 1
    assert [entry["event"] for entry in done.history] == ["failed", "failed"]


def test_exhausted_work_becomes_a_dead_letter(house):
    work_id = house.order("drill.fail", what="x", how="transient", max_attempts=2)
    house.reaches(work_id, "dead", house.fleet)
    (letter,) = house.letters(work_id=work_id)
    assert (letter.reason, letter.attempts) == ("exhausted", 2)
    assert letter.arguments == {"args": [], "kwargs": {"what": "x", "how": "transient"}}
    assert "drills.py" in letter.traceback


@pytest.mark.parametrize(("how", "code"), [("permanent", "ML-VAL-0001"), ("bug", "ML-CORE-0002")])
def test_permanent_failure_is_not_retried(how, code, house):
    work_id = house.order("drill.fail", what="x", how=how)
    house.reaches(work_id, "dead")
    (letter,) = house.letters(work_id=work_id)
    assert (letter.reason, letter.error_code, letter.attempts) == ("permanent", code, 1)


def test_worker_survives_a_memory_error(house, worker):
    work_id = house.order("drill.fail", what="x", how="memory")
    assert house.reaches(work_id, "waiting").history[0]["code"] == "ML-MEM-0001"
    house.reaches(house.order("drill.note", what="after"), "done")
    assert worker.process.poll() is None


def test_lease_is_renewed_while_the_task_runs(house):
    work_id = house.order("drill.slow", what="long", seconds=9, lease_seconds=6)
    done = house.reaches(work_id, "done", lambda: house.ledger.reconcile(settle=0))
    assert done.attempt == 1


def test_soft_time_limit_is_a_failure_like_any_other(house):
    work_id = house.order("drill.limited", deaf=False, max_attempts=1)
    house.reaches(work_id, "dead")
    assert house.letters(work_id=work_id)[0].error_code == "ML-TIME-0002"


def test_message_without_a_row_becomes_a_dead_letter(house):
    house.sender.send(WorkMessage(4711, "drill.note", "maintenance", 5, "forged"))
    (letter,) = wait_until(lambda: house.letters(message_id="forged"))
    assert (letter.reason, letter.task) == ("not_ledgered", "drill.note")


def test_wake_up_runs_with_its_token(house):
    house.sender.wake("drill.wake", queue="maintenance", token="token-1")
    wait_until(lambda: house.effects("token-1"))


def test_context_crosses_to_the_task(house, worker):
    with bound(request_id="req-4711", project_id="3"):
        work_id = house.order("drill.fail", what="x", how="permanent")
    house.reaches(work_id, "dead")
    worker.says('"request_id":"req-4711"')
    assert house.letters(work_id=work_id)[0].project_id == 3
