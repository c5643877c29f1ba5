"""Readable messages that end badly, and what keeps them meanwhile."""

import time
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql
from sqlalchemy import make_url, text

from core.model import WorkItem
from core.model.poison import MessageDelivery
from core.store import deliveries
from tests.integration.tasks import corpus
from tests.integration.tasks.conftest import wait_until


@pytest.fixture(scope="module")
def broker(environment):
    with redis.Redis.from_url(environment["MENDLINE_REDIS_URL"]) as client:
        yield client


@pytest.fixture(scope="module")
def data_folder(environment):
    return Path(environment["MENDLINE_DATA_DIR"])


@pytest.fixture
def alive(house, worker, broker):
    """The worker that was there before is there after, takes work, and holds nothing back."""
    yield worker
    name = f"after-{time.monotonic_ns()}"
    house.send("drill.content", what=name)
    # The first statement on a connection that was cut off meanwhile makes a row of it.
    wait_until(lambda: house.effects(name) or house.fleet(), lambda: worker.log.read_text()[-900:])
    assert worker.process.poll() is None
    wait_until(lambda: not broker.hlen("unacked"))


@pytest.mark.parametrize("how", ["ignore", "reject", "again"])
def test_what_a_task_puts_away_is_a_dead_letter(how, house, alive):
    house.send("drill.content", what=how, fail=how, task_id=f"put-{how}")
    (letter,) = wait_until(lambda: house.letters(message_id=f"put-{how}"))
    assert (letter.reason, letter.error_code) == ("permanent", "ML-MSG-0003")
    assert letter.arguments["kwargs"] == {"what": how, "fail": how}


@pytest.mark.parametrize("how", ["ignore", "reject"])
def test_work_that_is_put_away_ends_in_its_row(how, house, alive):
    work_id = house.order("drill.fail", what="x", how=how)
    house.reaches(work_id, "dead")
    (letter,) = house.letters(work_id=work_id)
    assert letter.error_code == "ML-MSG-0003"


@pytest.mark.parametrize("how", ["exit", "kill", "memory"])
def test_content_whose_child_is_lost_becomes_a_row(how, house, alive):
    house.send("drill.content", what=f"row-{how}", fail=how, task_id=f"row-{how}")
    (item,) = wait_until(lambda: house.rows(WorkItem, unique_key=f"message-row-{how}"))
    assert item.arguments == {"what": f"row-{how}", "fail": how}


def test_content_beyond_its_hard_limit_becomes_a_row(house, alive):
    house.send("drill.late", what="late", task_id="late")
    (item,) = wait_until(lambda: house.rows(WorkItem, unique_key="message-late"))
    assert item.task == "drill.late"


def test_an_exception_that_cannot_be_told_is_told(house, alive):
    house.send("drill.content", what="u", fail="unspeakable", task_id="unspeakable")
    (letter,) = wait_until(lambda: house.letters(message_id="unspeakable"))
    assert letter.error_type.endswith("UnspeakableError")


def test_a_result_that_cannot_be_kept_ends_the_work(house, alive):
    work_id = house.order("drill.unwritable", what="unwritable", max_attempts=1)
    house.reaches(work_id, "dead")
    assert house.effects("unwritable") == 0


def test_a_revoked_message_is_a_dead_letter(house, alive):
    house.sender._app.control.revoke("revoked-1")
    time.sleep(0.5)  # the command has no answer
    house.send("drill.content", what="never", task_id="revoked-1")
    (letter,) = wait_until(lambda: house.letters(message_id="revoked-1"))
    assert (letter.reason, letter.error_code) == ("revoked", "ML-MSG-0004")
    assert letter.arguments["kwargs"] == {"what": "never"}


ENDS_AT_ONCE = """
    CREATE FUNCTION end_at_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        NEW.state := 'cancelled'; NEW.finished_at := clock_timestamp(); RETURN NEW;
    END $$;
    CREATE TRIGGER ends_at_once BEFORE INSERT ON work_items FOR EACH ROW
        WHEN (NEW.unique_key = 'message-limits') EXECUTE FUNCTION end_at_once()"""


@pytest.fixture
def _ends_at_once(house):
    """A row that has ended keeps nobody from making another one of the same message."""
    with house.database.transaction() as session:
        session.execute(text(ENDS_AT_ONCE))
    yield
    with house.database.transaction() as session:
        session.execute(text("DROP FUNCTION end_at_once CASCADE"))


@pytest.mark.usefixtures("_ends_at_once")
def test_a_hard_limit_below_the_soft_one_ends_the_task_in_its_time_and_once(house, broker, alive):
    limits = {"time_limit": 1, "soft_time_limit": 300}
    told = {"what": "limits", "seconds": 200}
    send = house.sender._app.send_task
    send("drill.content_slow", kwargs=told, queue="intake", task_id="limits", **limits)
    wait_until(lambda: house.rows(WorkItem, unique_key="message-limits"))
    wait_until(lambda: not broker.hlen("unacked"))
    assert len(house.rows(WorkItem, unique_key="message-limits")) == 1
    assert house.effects("limits") == 0


def redelivered(message_id):
    info = {"exchange": "intake", "routing_key": "intake", "redelivered": True}
    return corpus.envelope(message_id, properties={"delivery_info": info})


def test_a_message_that_keeps_coming_back_is_poison(house, broker, alive, database):
    """Its deliveries are rows: the broker may forget what it likes."""
    broker.lpush("intake", corpus.envelope("back", body=b"[]", properties={"delivery_tag": "b"}))
    (first,) = wait_until(lambda: house.letters(message_id="back"))
    with database.transaction() as session:
        for _ in range(2):
            deliveries.count(session, first.capture_key, first.created_at)
        session.delete(session.merge(first))
    info = {"exchange": "intake", "routing_key": "intake", "redelivered": True}
    properties = {"delivery_tag": "b", "delivery_info": info}
    broker.lpush("intake", corpus.envelope("back", body=b"[]", properties=properties))
    (letter,) = wait_until(lambda: house.letters(message_id="back"))
    assert (letter.reason, letter.attempts, letter.raw) == ("poison", 3, b"[]")
    wait_until(lambda: not counted(database, letter.capture_key))


def counted(database, key):
    with database.transaction() as session:
        return session.get(MessageDelivery, key)


def test_what_the_broker_counts_is_believed(house, broker, alive):
    """As a quorum queue of RabbitMQ counts."""
    headers = {"id": "counted", "task": "drill.content", "x-delivery-count": 3}
    info = {"exchange": "intake", "routing_key": "intake", "redelivered": True}
    broker.lpush(
        "intake", corpus.envelope("counted", headers=headers, properties={"delivery_info": info})
    )
    (letter,) = wait_until(lambda: house.letters(message_id="counted"))
    assert (letter.reason, letter.attempts, letter.arguments) == ("poison", 3, None)


def test_a_message_that_comes_back_once_is_run_from_a_row(house, broker, alive):
    broker.lpush("intake", redelivered("once-more"))
    (item,) = wait_until(lambda: house.rows(WorkItem, unique_key="message-once-more"))
    house.reaches(item.id, "done", house.fleet)


def test_content_that_runs_long_is_not_delivered_twice(house, broker, alive):
    """The broker's visibility is renewed while it runs."""
    house.send("drill.content", what="long", fail="sleep", task_id="long")
    ((tag, taken),) = wait_until(lambda: broker.zrange("unacked_index", 0, -1, withscores=True))
    wait_until(lambda: (broker.zscore("unacked_index", tag) or 0) > taken + 1)
    wait_until(lambda: house.effects("long"))


class Doors:
    """Of the database: shut, nobody gets in, and who is in is out."""

    def __init__(self, url):
        self.name = make_url(url).database
        server = make_url(url).set(database="postgres")
        self.server = server.render_as_string(hide_password=False)

    def shut(self):
        self._allow("false")
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [self.name],
            )

    def open(self):
        self._allow("true")

    def _allow(self, whether):
        command = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(command.format(sql.Identifier(self.name), sql.SQL(whether)))


@pytest.fixture
def doors(house_url, house):
    found = Doors(house_url)
    yield found
    found.open()
    house.database.dispose()


def test_while_postgresql_is_away_letters_are_kept_on_disk(
    house, broker, alive, doors, data_folder
):
    doors.shut()
    broker.lpush("intake", corpus.envelope("away-1", body=b"[1]"))
    broker.lpush("intake", b"no envelope")
    kept = wait_until(lambda: len(list(data_folder.glob("letters/*.letter"))) == 2)
    assert kept
    wait_until(lambda: not broker.hlen("unacked"))
    doors.open()
    house.database.dispose()
    (letter,) = wait_until(lambda: house.letters(message_id="away-1"))
    assert (letter.reason, letter.raw) == ("refused", b"[1]")
    (item,) = wait_until(lambda: house.letters(raw=b"no envelope"))
    assert item.reason == "refused"
    wait_until(lambda: not list(data_folder.glob("letters/*")))


def test_while_postgresql_is_away_content_stays_with_the_broker(house, broker, alive, doors):
    doors.shut()
    house.send("drill.content", what="patient", task_id="patient")
    time.sleep(1)
    doors.open()
    house.database.dispose()
    wait_until(lambda: house.fleet() or house.effects("patient") == 1)
