"""The actions and probes as the platform composes them."""

import pytest
import redis
from sqlalchemy.engine import make_url

from config.settings import Settings
from core.errors import BrokerUnavailableError, ConfigurationError
from core.outbound.signing import new_secret
from core.recovery.action import ActionError, Order
from core.recovery.ports import Resend
from core.recovery.probe import Question
from core.recovery.vocabulary import ACTIONS, PROBES
from tasks.app import Application
from tasks.applications import CeleryQueues
from tasks.runtime import Runtime
from tests.http_sink import sinking

DECLARED = """
[webhooks.shop]
url = "{url}/hook"
secret = "${{SHOP_SECRET}}"

[commands.well]
argv = ["/bin/echo", "fine"]
"""


@pytest.fixture
def broker(redis_server):
    url = make_url(redis_server).set(database="9").render_as_string(hide_password=False)
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture
def runtime(tmp_path, monkeypatch, database_url, broker):
    def compose(actions=None):
        monkeypatch.setenv("SHOP_SECRET", new_secret())
        settings = Settings(
            database_url=database_url,
            redis_url=broker,
            data_dir=tmp_path,
            brokers={"shop": broker, "away": "redis://127.0.0.1:1/0"},
            outbound_allow=["127.0.0.1"],
            actions_file=actions,
        )
        app = Application("tests", set_as_current=False)
        made.append(Runtime(app, settings))
        return made[-1]

    made = []
    yield compose
    for each in made:
        each.database.dispose()
        each.app.close()


def test_every_name_stands_for_what_has_that_name(runtime):
    remedies = runtime().remedies
    assert {name: each.name for name, each in remedies.actions.items()} == {
        name: name for name in remedies.actions
    }
    assert (set(remedies.actions), set(remedies.probes)) == (ACTIONS, PROBES)
    assert {name: each.name for name, each in remedies.probes.items()} == {
        name: name for name in remedies.probes
    }


def test_what_is_declared_is_used(runtime, tmp_path):
    file = tmp_path / "actions.toml"
    with sinking() as sink:
        file.write_text(DECLARED.format(url=sink.url))
        file.chmod(0o600)
        remedies = runtime(file).remedies
        order = Order("webhook", "component:shop", {"webhook": "shop"}, "key-1", 5.0)
        assert remedies.actions["webhook"].run(order).evidence["status"] == 200
        finding = remedies.probes["http"].ask(Question("http", {"url": sink.url}, 2.0))
    assert finding.healthy
    ran = remedies.probes["command"].ask(Question("command", {"command": "well"}, 2.0))
    assert ran.summary == "ended with 0: fine"


def test_a_declaration_that_is_wrong_stops_only_what_needs_it(runtime, tmp_path):
    file = tmp_path / "actions.toml"
    file.write_text("[nothing.here]")
    remedies = runtime(file).remedies
    with pytest.raises(ConfigurationError, match="no kind of entry"):
        remedies.actions["webhook"]
    order = Order("restart_pool", "pool:x", {"pool": "x"}, "key-1", 5.0)
    with pytest.raises(ActionError, match="no pool"):
        remedies.actions["restart_pool"].run(order)


def test_a_task_lands_in_the_queue_of_its_application(runtime, broker):
    arguments = {"task": "shop.charge", "queue": "payments", "args": [17], "broker": "shop"}
    order = Order("resend_task", "operation:17", arguments, "key-1", 5.0)
    done = runtime().remedies.actions["resend_task"].run(order)
    with redis.Redis.from_url(broker) as client:
        (message,) = client.lrange("payments", 0, -1)
    assert done.evidence["message_id"].encode() in message
    assert b'"task":"shop.charge"' in message.replace(b" ", b"")


def test_a_broker_that_is_away_or_unknown_is_told(runtime):
    made = runtime()
    queues = CeleryQueues(made.app, made.settings)
    assert queues.ping("shop", timeout=0.2) == []
    with pytest.raises(BrokerUnavailableError):
        queues.ping("away", timeout=1)
    with pytest.raises(BrokerUnavailableError):
        queues.send(Resend("a", "b", broker="away"), message_id="1")
    with pytest.raises(ConfigurationError, match="MENDLINE_BROKERS"):
        queues.ping("other", timeout=1)
