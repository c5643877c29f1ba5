"""A real HTTP server of the tests: keeps what it was sent, answers what it was told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Received:
    method: str
    path: str
    headers: dict
    body: bytes


@dataclass
class Sink:
    """`answers` are used up one by one, the last one stays: status, headers, body."""

    port: int = 0
    answers: list = field(default_factory=lambda: [(200, {}, b"ok")])
    received: list = field(default_factory=list)
    drip: float = 0.0
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer_to(self, request: Received):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def _handler(sink: Sink) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Received(self.command, self.path, headers, body)
            sink.received.append(request)
            status, told, content = sink.answer_to(request)
            self.send_response(status)
            for name, value in {"content-length": str(len(content)), **told}.items():
                self.send_header(name, value)
            self.end_headers()
            for place in range(len(content) if sink.drip else 0):
                self.wfile.write(content[place : place + 1])
                if sink.stopping.wait(sink.drip):
                    return
            if not sink.drip:
                self.wfile.write(content)

        do_GET = do_POST = do_HEAD = answer  # noqa: N815 (the library's names)

        def log_message(self, *arguments) -> None:
            pass

    return Handler


class Server(ThreadingHTTPServer):
    # What is not accepted at once waits here; with a few places clients are turned away.
    request_queue_size = 256


@contextmanager
def sinking(sink: Sink | None = None) -> Iterator[Sink]:
    sink = sink or Sink()
    server = Server(("127.0.0.1", 0), _handler(sink))
    server.handle_error = lambda *_: None  # clients that go away are part of the tests
    sink.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield sink
    finally:
        sink.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()
