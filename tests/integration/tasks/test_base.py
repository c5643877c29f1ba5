"""The ways of a task with a worker that lives."""

import pytest

from core.clock import SystemClock
from core.context import bound
from core.model import Saga
from core.sagas import Sagas
from core.store import retries
from core.store.retries import Count, Slot
from core.work.sender import WorkMessage
from tests.integration.tasks.conftest import wait_until

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture(scope="module", autouse=True)
def _rates(database):
    """Of this task no third attempt has ever helped."""
    hour = SystemClock().now().replace(minute=0, second=0, microsecond=0)
    counts = [Count(Slot("timeout", "task:drill.hopeless", n, hour), 99, 99) for n in (2, 3, 4)]
    with database.transaction() as session:
        retries.add(session, counts)


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


def test_retries_that_never_help_are_left_out(house):
    work_id = house.order("drill.hopeless", max_attempts=5)
    dead = house.reaches(work_id, "dead", house.fleet)
    assert dead.attempt == 2


@pytest.mark.parametrize(
    ("refused", "state", "effects"),
    [
        (False, "completed", {"flight do": 1, "flight undo": 0, "hotel do": 1, "hotel undo": 0}),
        (True, "compensated", {"flight do": 1, "flight undo": 1, "hotel do": 0, "hotel undo": 1}),
    ],
)
def test_a_saga_goes_through_a_worker(house, refused, state, effects):
    from tests.integration.tasks.drills import registry  # noqa: PLC0415 (registers tasks)

    who = f"saga {state}"
    with house.database.transaction() as session:
        sagas = Sagas(house.database, house.ledger, registry, SystemClock())
        saga_id = sagas.start(session, "drill.trip", {"who": who, "refused": refused})

    def there():
        (row,) = house.rows(Saga, id=saga_id)
        return row.state == state

    wait_until(there, lambda: vars(house.rows(Saga, id=saga_id)[0]))
    assert {what: house.effects(f"{who} {what}") for what in effects} == effects
    assert house.letters(task="saga.step") == []
