"""The same worker, told nothing but another broker's address.

The first tests look at the broker alone; nobody takes anything from it before a worker starts.
"""

import pytest
from kombu import Message

from core.model import DeadLetter
from core.store.work import WorkOrder
from core.work.sender import WorkMessage
from core.work.states import State
from tasks.queues import DEAD, Queue
from tests.integration.tasks.conftest import wait_until
from workers.dead_exchange import DeadExchange

pytestmark = pytest.mark.rabbitmq


@pytest.fixture(scope="module")
def environment(house_url, redis_server, rabbitmq_server, tmp_path_factory):
    return {
        "MENDLINE_DATABASE_URL": house_url,
        "MENDLINE_REDIS_URL": redis_server,
        "MENDLINE_BROKER_URL": rabbitmq_server,
        "MENDLINE_DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "MENDLINE_SECRET_KEY": "0" * 64,
    }


@pytest.fixture(scope="module", autouse=True)
def emptied(sender):
    """Queues of an earlier module may hold messages still."""
    with sender._app.connection_for_write() as connection:
        for queue in sender._app.amqp.queues.values():
            bound = queue(connection.channel())
            bound.declare()
            bound.purge()


@pytest.fixture(scope="module")
def dead_exchange(sender, database, ledger):
    found = DeadExchange(sender._app, database, ledger._clock)
    found.empty()
    return found


@pytest.fixture(scope="module")
def critical(start):
    """A worker that serves critical work alone; it runs beside the shared one."""
    options = ["-n", "critical@test", "-c", "1", "-l", "INFO", "--without-mingle", "-Q", "alerts"]
    include = ["--include", "tests.integration.tasks.drills"]
    worker = start(
        "critical", "celery", "-A", "tasks.app", "worker", *options, *include, MENDLINE_BANDS="0"
    )
    return worker.says(" ready.")


def message(work_id, priority, queue="fixes"):
    return WorkMessage(work_id, "drill.note", queue, priority, f"work-{work_id}-1", {})


def test_depth_is_the_sum_over_the_bands(sender):
    for priority in range(10):
        sender.send(message(priority + 10**9, priority, queue="recovery"))
    assert sender.depth("recovery") == 10
    with sender._app.connection_for_write() as connection:
        for number, size in enumerate((3, 3, 3, 1)):
            queue = sender._app.amqp.queues[f"recovery.p{number}"](connection.channel())
            assert queue.purge() == size


def test_queue_that_nobody_declared_is_empty_and_is_there_from_then_on(sender):
    with sender._app.connection_for_write() as connection:
        connection.channel().queue_delete("fixes.p3")
    assert sender.depth("fixes") == 0
    sender.send(message(1, 9))
    assert sender.depth("fixes") == 1


def test_message_beyond_the_delivery_limit_is_poison(house, sender, dead_exchange):
    house.send("drill.content", queue="fixes.p1", task_id="p1", what="poison")
    with sender._app.connection_for_write() as connection:
        queue = sender._app.amqp.queues["fixes.p1"](connection.channel())
        while (found := queue.get()) is not None:
            found.requeue()
    (letter,) = wait_until(lambda: dead_exchange.empty() and house.letters(message_id="p1"))
    assert (letter.reason, letter.queue, letter.task) == ("poison", "fixes", "drill.content")
    assert b"poison" in letter.raw


def test_message_of_a_living_row_is_no_dead_letter(house, sender, dead_exchange):
    work_id = house.order("drill.nowhere", queue="fixes")
    with sender._app.producer_pool.acquire() as producer:
        producer.publish([], exchange=DEAD, headers={"id": f"work-{work_id}-1", "task": "a"})
    assert dead_exchange.empty() == 0
    assert house.rows(DeadLetter, message_id=f"work-{work_id}-1") == []


def test_messages_carry_the_plain_name_of_their_queue(house, sender):
    sender.send(message(2, 0))
    with sender._app.connection_for_write() as connection:
        found: Message = sender._app.amqp.queues["fixes.p0"](connection.channel()).get()
        found.ack()
    assert found.delivery_info["routing_key"] == "fixes"


def test_worker_for_critical_work_takes_nothing_else(critical, house, ledger):
    ids = []
    with house.database.transaction() as session:
        for priority in (9, 5, 0):
            order = WorkOrder("drill.note", {"what": "b"}, "alerts", priority=priority)
            ids.append(ledger.add(session, order))
    house.reaches(ids[2], State.DONE)
    assert [house.row(work_id).state for work_id in ids[:2]] == [State.PUBLISHED] * 2


def test_ledgered_work_is_done(worker, house):
    work_id = house.order("drill.note", what="rabbit")
    house.reaches(work_id, State.DONE, house.fleet)
    assert house.effects("rabbit") == 1


def test_ledgered_work_whose_child_dies_is_rescued(worker, house):
    work_id = house.order("drill.fail", what="died", how="kill", attempts=1)
    house.reaches(work_id, State.DONE, house.fleet)
    assert (house.effects("died"), house.row(work_id).attempt) == (1, 2)


def test_what_others_send_by_the_plain_name_is_done(worker, house):
    house.send("drill.content", what="plain")
    wait_until(lambda: house.effects("plain"))


def test_wake_up_is_done(worker, house, sender):
    sender.wake("drill.wake", queue=Queue.MAINTENANCE, token="woken")
    wait_until(lambda: house.effects("woken"))


def test_other_applications_report_their_dead_letters(worker, house):
    house.send("deadletter.capture", queue="deadletter", task="shop.bill", args=[1])
    (letter,) = wait_until(lambda: house.letters(task="shop.bill"))
    assert letter.reason == "reported"


def test_unknown_task_is_one_dead_letter_whatever_the_broker_adds(worker, house, dead_exchange):
    house.send("nobody.knows", queue="maintenance.p1", task_id="u1", a=1)
    wait_until(lambda: house.letters(message_id="u1"))
    wait_until(lambda: dead_exchange.empty() or house.letters(message_id="u1"))
    assert [letter.reason for letter in house.letters(message_id="u1")] == ["unknown_task"]
