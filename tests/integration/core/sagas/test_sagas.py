from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import DependencyError, InvalidInputError
from core.sagas import UnknownSagaError
from core.sagas.sagas import SagaStateError

pytestmark = pytest.mark.store


def test_all_steps_are_done_in_order(world):
    saga_id = world.declare("flight", "hotel", "car").start()
    world.work_off()
    row = world.saga(saga_id)
    assert (row.state, row.work_id, row.error) == ("completed", None, None)
    assert row.ended_at is not None
    assert row.results["car"] == {"of": "car", "seen": ["flight", "hotel"]}
    assert world.effects() == ["flight do", "hotel do", "car do"]
    assert world.outside() == [f"saga-{saga_id}-{name}-do" for name in ("flight", "hotel", "car")]


def test_what_was_done_is_undone_backwards(world):
    saga_id = (
        world.declare("flight", "hotel", "car").fail("car", InvalidInputError("No car.")).start()
    )
    world.work_off()
    row = world.saga(saga_id)
    assert (row.state, row.error_code, row.error) == ("compensated", "ML-VAL-0001", "No car.")
    assert world.effects() == ["flight do", "hotel do", "car undo", "hotel undo", "flight undo"]
    assert world.steps(saga_id) == [
        ("flight", "do", "done"),
        ("flight", "undo", "done"),
        ("hotel", "do", "done"),
        ("hotel", "undo", "done"),
        ("car", "do", "failed"),
        ("car", "undo", "done"),
    ]


def test_what_may_pass_is_tried_again_with_the_same_key(world):
    saga_id = world.declare("flight").fail("flight", DependencyError(), DependencyError()).start()
    world.work_off()
    assert world.saga(saga_id).state == "completed"
    assert world.effects() == ["flight do"]
    assert world.outside() == [f"saga-{saga_id}-flight-do"] * 3


def test_attempts_of_a_step_end(world):
    world.declare("flight", "hotel").fail("hotel", *[DependencyError() for _ in range(3)])
    saga_id = world.start()
    world.work_off()
    assert world.saga(saga_id).state == "compensated"
    assert world.effects() == ["flight do", "hotel undo", "flight undo"]


def test_steps_that_cannot_be_undone_are_passed_over(world):
    world.declare("flight", "mail", "car", without_undo=("mail", "car"))
    saga_id = world.fail("car", InvalidInputError()).start()
    world.work_off()
    assert world.saga(saga_id).state == "compensated"
    assert world.effects() == ["flight do", "mail do", "flight undo"]


def test_undoing_that_fails_for_good_is_for_a_person(world):
    world.declare("flight", "hotel").fail("hotel", InvalidInputError("No room."))
    saga_id = world.fail("flight", InvalidInputError("No refund."), way="undo").start()
    world.work_off()
    row = world.saga(saga_id)
    assert (row.state, row.error) == ("stuck", "No refund.")
    assert world.sagas.sweep().turned == 0
    with world.database.transaction() as session:
        world.sagas.resume(session, saga_id)
    world.work_off()
    assert world.saga(saga_id).state == "compensated"
    assert world.effects() == ["flight do", "hotel undo", "flight undo"]


def test_after_its_deadline_a_saga_goes_back(world, clock):
    saga_id = world.declare("flight", "hotel", deadline=60).start()
    world.around = lambda: clock.advance(40)
    world.work_off()
    row = world.saga(saga_id)
    assert (row.state, row.error_code) == ("compensated", "ML-SAGA-0004")
    assert world.effects() == ["flight do", "flight undo"]


def test_an_overdue_saga_that_waits_is_turned_by_the_sweep(world, clock):
    saga_id = world.declare("flight", deadline=60).start()
    assert world.sagas.sweep().turned == 0
    clock.advance(61)
    assert world.sagas.sweep().turned == 1
    world.work_off()
    assert world.saga(saga_id).state == "compensated"
    assert world.effects() == []


def test_a_saga_whose_worker_is_lost_each_time_goes_back(world):
    saga_id = world.declare("flight", "hotel").start()
    world.say("UPDATE work_items SET state = 'dead', finished_at = 'epoch'")
    assert world.sagas.sweep().turned == 1
    world.work_off()
    row = world.saga(saga_id)
    assert (row.state, row.error_code) == ("compensated", "ML-SAGA-0006")


def test_with_the_same_key_it_begins_once(world):
    world.declare("flight")
    assert world.start(unique_key="order-1") == world.start(unique_key="order-1")
    assert world.start(unique_key="order-2") != world.start(unique_key="order-1")
    world.work_off()
    assert world.effects() == ["flight do"] * 2


def test_two_that_begin_the_same_at_once_begin_one(world):
    world.declare("flight")
    with ThreadPoolExecutor() as pool:
        with world.database.transaction() as session:
            first = world.sagas.start(session, "trip", {}, unique_key="order-1")
            second = pool.submit(world.start, unique_key="order-1")
            with pytest.raises(TimeoutError):
                second.result(timeout=0.5)
        assert second.result(timeout=5) == first
    world.work_off()
    assert world.effects() == ["flight do"]


def test_a_cancelled_saga_goes_back(world):
    saga_id = world.declare("flight").start()
    with world.database.transaction() as session:
        world.sagas.cancel(session, saga_id)
    world.work_off()
    row = world.saga(saga_id)
    assert (row.state, row.error_code) == ("compensated", "ML-SAGA-0005")
    with pytest.raises(SagaStateError, match="is compensated"), world.database.transaction() as s:
        world.sagas.cancel(s, saga_id)


def cancel_once(world, saga_id):
    def cancel():
        world.around = lambda: None
        with world.database.transaction() as session:
            world.sagas.cancel(session, saga_id)

    world.around = cancel


@pytest.mark.parametrize("steps", [("flight", "hotel"), ("flight",)])
def test_one_cancelled_while_a_step_is_done_finishes_that_step_first(world, steps):
    saga_id = world.declare(*steps).start()
    cancel_once(world, saga_id)
    world.work_off()
    row = world.saga(saga_id)
    assert (row.state, row.error_code) == ("compensated", "ML-SAGA-0005")
    assert world.effects() == ["flight do", "flight undo"]


def test_one_cancelled_while_a_step_fails_is_turned_by_the_sweep(world):
    saga_id = world.declare("flight", "hotel").fail("flight", DependencyError()).start()
    cancel_once(world, saga_id)
    world.work_off_once()
    assert world.sagas.sweep().turned == 1
    world.work_off()
    row = world.saga(saga_id)
    assert (row.state, row.error_code) == ("compensated", "ML-SAGA-0005")
    assert world.effects() == ["flight undo"]


def test_a_saga_that_nobody_knows_is_refused(world):
    with pytest.raises(UnknownSagaError, match="no saga trip"):
        world.start()


def test_a_second_delivery_of_a_step_does_nothing(world):
    saga_id = world.declare("flight", "hotel").start()
    world.work_off()
    with world.database.transaction() as session:
        world.sagas.step(session, saga_id, 0, "do")
    assert world.effects() == ["flight do", "hotel do"]


def test_no_value_of_a_statement_gets_into_the_rows(world):
    saga_id = world.declare("flight").start()
    world.say("ALTER TABLE effects ADD CONSTRAINT never CHECK (step <> 'flight' OR way = 'undo')")
    world.work_off()
    row = world.saga(saga_id)
    assert (row.state, row.error) == ("compensated", "sqlalchemy.exc.IntegrityError")
