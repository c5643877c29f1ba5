import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import brotli
import pytest

from config import selfreport
from config.selfreport import SelfReport
from core import context

KEY = "0123456789abcdef0123456789abcdef"
DECODERS = {"gzip": gzip.decompress, "br": brotli.decompress}


class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        body = DECODERS[self.headers["Content-Encoding"]](body)
        self.server.events.append(json.loads(body.split(b"\n")[2]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def collector():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.events = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.dsn = f"http://{KEY}@127.0.0.1:{server.server_port}/1"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def fail(message):
    raise ValueError(message)


def raised(message):
    try:
        fail(message)
    except ValueError as error:
        return error


def test_a_failure_arrives_with_its_context_and_without_secrets(collector):
    report = SelfReport([collector.dsn], process_name="api", release="1.2.3")
    with context.bound(request_id="r1"):
        assert report.exception(raised("no way to redis://:hunter2@db"), task="a.b")
    report.close()
    (event,) = collector.events
    assert event["tags"] == {"process": "api", "request_id": "r1", "task": "a.b"}
    assert event["release"] == "mendline@1.2.3"
    assert event["exception"]["values"][0]["value"] == "no way to redis://:[masked]@db"
    assert all("vars" not in frame for frame in frames(event))


def frames(event):
    return event["exception"]["values"][0]["stacktrace"]["frames"]


def test_every_address_gets_it(collector):
    report = SelfReport([collector.dsn, collector.dsn], process_name="api", release="1")
    report.exception(raised("twice"))
    report.close()
    assert len(collector.events) == 2


def test_a_failure_in_a_loop_is_reported_a_few_times_only(collector):
    report = SelfReport([collector.dsn], process_name="api", release="1")
    handed = [report.exception(raised(f"again {n}")) for n in range(selfreport.PER_MINUTE + 5)]
    report.close()
    assert handed.count(True) == len(collector.events) == selfreport.PER_MINUTE


def test_without_an_address_nothing_is_sent():
    assert not SelfReport([], process_name="api", release="1").exception(raised("x"))
