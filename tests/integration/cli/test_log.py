import json

import pytest

from core.clock import SystemClock
from core.maintenance.logs.line import Shape
from core.maintenance.logs.shipping import Shipper
from core.store.engine import libpq_url


@pytest.fixture
def logged(database_url):
    shipper = Shipper(lambda: libpq_url(database_url), Shape("here"), clock=SystemClock())
    shipper.put(json.dumps({"event": "a.begun", "level": "info", "process": "api"}).encode())
    failed = {"event": "b.failed", "level": "error", "request_id": "r1", "why": "100% wrong"}
    shipper.put(json.dumps(failed).encode())
    shipper.close()


@pytest.mark.usefixtures("logged")
@pytest.mark.parametrize(
    ("options", "events"),
    [
        ((), ["b.failed", "a.begun"]),
        (("--level", "warning"), ["b.failed"]),
        (("--event", "a.begun"), ["a.begun"]),
        (("--process", "api"), ["a.begun"]),
        (("--request-id", "r1"), ["b.failed"]),
        (("--query", "100% WRONG"), ["b.failed"]),
        (("--query", "100_ wrong"), []),
        (("--until", "2020-01-01T00:00:00+0000"), []),
        (("--limit", "1"), ["b.failed"]),
    ],
)
def test_lines_are_found(ask, options, events):
    assert [line["event"] for line in ask("log", "list", *options)] == events


@pytest.mark.usefixtures("logged")
def test_the_tail_is_in_the_order_of_time(run):
    lines = run("log", "tail", "--json").stdout.splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["a.begun", "b.failed"]
    assert "b.failed r1 why=100% wrong" in run("log", "tail", "--lines", "1").stdout
