"""A service that the shop depends on: it does what it is told to do, good or bad."""

import json
import socket
import ssl
import threading
import time
from collections import defaultdict, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Dependency:
    """`script(path, answers)`: what the next calls of a path are answered; then all is well.

    An answer is a status, a pair of status and headers, a number of seconds below 100 to wait
    before all is well, or `HANG_UP`.
    """

    HANG_UP = "hang up"

    def __init__(self, *, port=0, certificate=None):
        self._answers = defaultdict(deque)
        self._always = {}
        self.calls = defaultdict(list)
        self.tokens = set()
        self._server = _Server(("127.0.0.1", port), _handler(self))
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def script(self, path, *answers):
        self._answers[path].extend(answers)

    def always(self, path, answer):
        """Until it is called with none."""
        self._always[path] = answer

    def answer(self, path, authorization):
        """Status, headers and body of one call; none hangs up."""
        self.calls[path].append(time.monotonic())
        found = self._always.get(path)
        if found is None and self._answers[path]:
            found = self._answers[path].popleft()
        if callable(found):
            found = found()
        if found == self.HANG_UP:
            return None
        if isinstance(found, float):
            time.sleep(found)
            found = None
        if found is None and path.startswith("/protected/"):
            found = None if authorization.removeprefix("Bearer ") in self.tokens else 401
        status, headers = found if isinstance(found, tuple) else (found or 200, {})
        words = {401: {"error": "invalid_token", "error_description": "The access token expired"}}
        return status, headers, words.get(status, {"status": status})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        """Clients that hang up are what this is about."""


def _handler(dependency):
    class Handler(BaseHTTPRequestHandler):
        timeout = 20

        def do_GET(self):
            found = dependency.answer(self.path, self.headers.get("authorization", ""))
            if found is None:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            status, headers, body = found
            packed = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(packed))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(packed)

        def log_message(self, *_):
            """The reports of the bench are enough."""

    return Handler
