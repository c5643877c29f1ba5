"""The evaluation as a worker's process composes it: rules from files, heartbeat, disk."""

from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from config.alerts import shipped
from config.settings import Settings
from core.clock import SystemClock
from core.model import AlertClock, GaugeMinute
from core.store import alert_rules
from core.store.counters import MemoryCounters
from core.store.engine import Database
from core.work.sender import MemorySender
from tasks import certificates
from tasks.app import Application
from tasks.runtime import Runtime
from tests.certificates import context, serving
from tests.http_sink import sinking
from workers.alert_clock import AlertClock as Clock

OWN = """
alerts:
  global: {error_rate_threshold: 10}
  rules:
    - {name: Crashes, measure: issue.crashes, at_least: 5}
"""


@pytest.fixture
def database(database_url):
    found = Database(database_url, application="tests")
    yield found
    found.dispose()


@pytest.fixture
def compose(tmp_path, database_url, redis_server):
    def compose(**values):
        settings = Settings(
            database_url=database_url,
            redis_url=redis_server,
            data_dir=tmp_path / "not" / "yet",
            outbound_allow=["127.0.0.1"],
            **values,
        )
        made.append(Runtime(Application("tests", set_as_current=False), settings))
        return made[-1]

    made = []
    yield compose
    for each in made:
        each.database.dispose()
        each.app.close()


def rules(database):
    with database.transaction() as session:
        return {each.name: (each.source, each.version) for each in alert_rules.every(session)}


def test_the_file_wins_over_what_is_shipped_and_gives_it_back(compose, database, tmp_path):
    file = tmp_path / "alerts.yaml"
    file.write_text(OWN)
    evaluating = compose(alerts_file=file).evaluating
    assert evaluating.sync() == len(shipped().rules) + 1
    assert evaluating.sync() == 0
    assert rules(database)["Crashes"] == ("file", 1)
    assert rules(database)["global error rate"] == ("file", 1)
    file.write_text("rules: [")
    assert evaluating.sync() == 0
    file.write_text("rules: []")
    evaluating.sync()
    assert rules(database)["Crashes"] == ("default", 2)
    assert "global error rate" not in rules(database)


def test_a_look_at_an_empty_platform(compose):
    done = compose().evaluating.evaluate()
    assert (done.ran, done.changed, done.failed) == (True, 0, ())
    assert done.rules == len(shipped().rules)


def test_the_heartbeat_is_withheld_while_nobody_looks(compose, database):
    with sinking() as sink:
        runtime = compose(heartbeat_url=SecretStr(f"{sink.url}/ping"))
        assert runtime.evaluating.heartbeat()["sent"] is False
        late = runtime.clock.now() - timedelta(minutes=5)
        with database.transaction() as session:
            session.add(AlertClock(name="rules", evaluated_at=late))
        assert runtime.evaluating.heartbeat()["sent"] is False
        runtime.evaluating.evaluate()
        assert runtime.evaluating.heartbeat() == {"sent": True, "status": 200}


def test_the_heartbeat_is_withheld_while_a_wrong_clock_is_waited_for(compose, database):
    with sinking() as sink:
        runtime = compose(heartbeat_url=SecretStr(f"{sink.url}/ping"))
        ahead = runtime.clock.now() + timedelta(days=1)
        with database.transaction() as session:
            session.add(AlertClock(name="rules", evaluated_at=ahead))
        assert runtime.evaluating.heartbeat()["sent"] is False
        runtime.evaluating.evaluate()
        assert runtime.evaluating.heartbeat()["sent"] is True


def test_the_disk_of_the_data_directory_is_measured(compose, database):
    share = compose().evaluating.measure()["disk_free_ratio"]
    with database.transaction() as session:
        (row,) = session.query(GaugeMinute).all()
        assert row.last == pytest.approx(share, abs=0.001)
        assert set(row.labels) == {"host", "path"}


def test_one_wake_up_waits_at_a_time():
    sender = MemorySender()
    clock = Clock(sender, MemoryCounters(SystemClock()))
    clock.tick()
    clock.tick()
    assert sender.woken == [("alerts.evaluate", "alerts")]


def test_days_of_certificates_are_measured_where_they_are_shown(compose, database, tmp_path):
    now = SystemClock().now()
    secured = context(tmp_path, begins=now - timedelta(days=1), ends=now + timedelta(days=9.5))
    with serving(secured) as good, serving(None) as silent:
        hosts = [f"127.0.0.1:{good}", f"127.0.0.1:{silent}"]
        told = certificates.measure(compose(certificate_hosts=hosts))
    assert told["certificate_days"][hosts[0]] == pytest.approx(9.5, abs=0.1)
    assert list(told["failed"]) == [hosts[1]]
    with database.transaction() as session:
        (row,) = session.scalars(select(GaugeMinute))
    assert (row.name, row.labels) == ("certificate_days", {"subject": hosts[0]})
