"""What docs/howto/recovery-actions.md shows is used as it stands there."""

import re
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn

from config import actions
from core.outbound.signing import new_secret, signed
from core.recovery.policy_reading import read
from core.recovery.vocabulary import ACTIONS, PROBES, words

PAGE = (Path(__file__).resolve().parents[4] / "docs/howto/recovery-actions.md").read_text()
SECRET = new_secret()
ENVIRONMENT = {
    "CHECKOUT_WEBHOOK_SECRET": SECRET,
    "ORDERS_DATABASE_URL": "postgresql://mendline:word@db.internal/orders",
    "CACHE_PASSWORD": "opensesame",
}


def block(title):
    (found,) = re.findall(rf'```\w+ title="{re.escape(title)}"\n(.*?)```', PAGE, re.DOTALL)
    return found


def module(title):
    names = {}
    exec(compile(block(title), title, "exec"), names)
    return names


def test_the_declarations_can_be_used(tmp_path):
    file = tmp_path / "actions.toml"
    file.write_text(block("actions.toml"))
    file.chmod(0o600)
    assert actions.problems(file, ENVIRONMENT) == []


def test_the_policy_can_be_used():
    found = read(block("policy.toml"), words())
    assert (found.usable, list(found.problems)) == (True, [])


def test_every_action_and_probe_is_told():
    told = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert told == ACTIONS | PROBES


def test_the_receiver_knows_what_is_genuine():
    genuine = module("receiver.py")["genuine"]
    headers = signed("recovery-1", b"{}", at=datetime.now(UTC), secrets=[SECRET])
    assert genuine(headers, b"{}", SECRET)
    assert not genuine(headers, b"{ }", SECRET)
    assert not genuine(headers | {"webhook-timestamp": "1"}, b"{}", SECRET)


@pytest.fixture
def served(app):
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_the_client_reads_switches_and_keeps_them(served, key, project, as_role):
    client = module("switches.py")["Switches"](served, key("ingest", project.id))
    operator = as_role("operate", project.id)
    client.refresh()
    assert client.get("checkout.fallback", False) is False
    body = {"value": True, "why": "the payment provider is down", "for_seconds": 3600}
    assert operator.put("/api/v1/switches/checkout.fallback", json=body).status_code == 200
    client.refresh()
    client.refresh()
    assert client.get("checkout.fallback") is True
