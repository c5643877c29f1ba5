import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from workers.probe import Readiness, probe


@pytest.fixture
def api():
    """Answers every request with the status and body that stand in `answer`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = server.answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Tests are quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        server.url = f"http://127.0.0.1:{server.server_address[1]}/readyz"
        yield server
        server.shutdown()
        thread.join()


def test_200_is_ready(api):
    api.answer = (200, b"{}")
    assert probe(api.url) == Readiness(True)


def test_otherwise_it_tells_what_is_missing(api):
    checks = {"workers": "none has reported", "fleet": "no controller leads"}
    api.answer = (503, json.dumps({"checks": checks}).encode())
    missing = "workers: none has reported, fleet: no controller leads"
    assert probe(api.url) == Readiness(False, missing)


@pytest.mark.parametrize("body", [b"gone", b"[]", b"{}", b'{"checks": 3}'])
def test_a_body_without_checks_is_shown_as_it_is(api, body):
    api.answer = (500, body)
    assert probe(api.url) == Readiness(False, body.decode())


def test_nobody_there_is_not_ready():
    assert not probe("http://127.0.0.1:1/readyz").ready
