"""Notifications through a running worker to a real server: answers of all kinds, and kills."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.alerts.channel import NoticeKind
from core.alerts.notify import Wanted, notify
from core.alerts.sample import sample
from core.clock import SystemClock
from core.model import DeliveryAttempt, Notification
from tests.http_sink import sinking
from tests.integration.tasks.conftest import wait_until


@pytest.fixture(scope="module")
def sink():
    with sinking() as found:
        yield found


@pytest.fixture(scope="module")
def environment(environment, sink, tmp_path_factory):
    file = tmp_path_factory.mktemp("channels") / "channels.toml"
    file.write_text(f'[channels.ops]\ntype = "webhook"\nurl = "{sink.url}"\n')
    file.chmod(0o600)
    allowed = {"MENDLINE_CHANNELS_FILE": str(file), "MENDLINE_OUTBOUND_ALLOW": '["127.0.0.1"]'}
    return environment | allowed


@pytest.fixture(autouse=True)
def answers(sink):
    sink.received.clear()
    sink.drip, sink.answers = 0.0, [(200, {}, b"ok")]


@pytest.fixture
def tell(house):
    def telling(key, kind=NoticeKind.TRIGGER):
        alerts = (replace(sample().alerts[0], id=1),)
        wanted = Wanted(
            channel="ops", kind=kind, dedup_key=key, title="t", summary="s", alerts=alerts
        )
        with house.database.transaction() as session:
            now = SystemClock().now()
            return notify(session, wanted, add=house.ledger.add, now=now)

    return telling


def ends(house, notification_id, state):
    def there():
        house.fleet()
        (row,) = house.rows(Notification, id=notification_id)
        return row if row.state == state else None

    return wait_until(there)


def test_a_kill_loses_nothing_and_doubles_only_what_was_under_way(house, tell, sink, start_worker):
    """The server takes the messages, and the worker dies before it has the answers."""
    sink.drip, sink.answers = 0.1, [(200, {}, b"a long answer" * 20)]
    told = [tell(f"killed-{number}") for number in range(2)]
    worker = start_worker("killed")
    wait_until(lambda: house.fleet() or len(sink.received) == len(told))
    worker.kill()
    with house.database.transaction() as session:
        session.execute(text("UPDATE work_items SET lease_until = started_at"))
    sink.drip = 0.0
    last = start_worker("last")
    for notification_id in told:
        ends(house, notification_id, "delivered")
    last.stop()
    made = [each for each in house.rows(DeliveryAttempt) if each.notification_id in told]
    broken_off = sum(each.seconds is None for each in made)
    ids = {each.headers["webhook-id"] for each in sink.received}
    assert (len(ids), broken_off) == (2, 2)
    assert len(sink.received) - len(ids) <= broken_off


def test_what_is_refused_for_now_comes_again_under_the_same_id(house, tell, sink, worker):
    sink.answers = [(500, {}, b""), (429, {"retry-after": "1"}, b"slower"), (200, {}, b"ok")]
    notification_id = tell("passing")
    ends(house, notification_id, "delivered")
    made = house.rows(DeliveryAttempt, notification_id=notification_id)
    assert [each.status for each in made] == [500, 429, 200]
    assert made[2].at - made[1].at >= timedelta(seconds=1)
    assert len({each.headers["webhook-id"] for each in sink.received}) == 1


def test_what_is_refused_for_good_is_a_dead_letter(house, tell, sink, worker):
    sink.answers = [(404, {}, b"no such hook")]
    row = ends(house, tell("lasting"), "dead")
    (letter,) = wait_until(lambda: house.letters(work_id=row.work_id))
    assert (letter.reason, letter.task) == ("permanent", "alerts.deliver")
    assert len(sink.received) == 1
