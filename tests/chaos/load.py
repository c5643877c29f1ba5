"""A client that posts errors at a steady pace and remembers which were answered with 200."""

import json
import threading
import time
import uuid

import httpx2

# So that the wait for an answer that was lost with its server does not eat up the load.
PATIENCE = 15


def envelope(event_id, kind):
    event = {
        "event_id": event_id,
        "platform": "python",
        "level": "error",
        "exception": {
            "values": [
                {
                    "type": f"Drill{kind}Error",
                    "value": f"attempt {event_id[:6]} failed",
                    "stacktrace": {
                        "frames": [
                            {"module": "drill.app", "function": f"step_{kind}", "in_app": True}
                        ]
                    },
                }
            ]
        },
    }
    body = json.dumps(event)
    head = json.dumps({"event_id": event_id})
    item = json.dumps({"type": "event", "length": len(body)})
    return f"{head}\n{item}\n{body}\n".encode()


class Load:
    """`clients` threads share `rate` events a second; every fifth event is sent twice."""

    def __init__(self, dsn, *, rate, clients=4, kinds=10):
        scheme, rest = dsn.split("://")
        self.key, place = rest.split("@")
        host, self.project = place.rsplit("/", 1)
        self.url = f"{scheme}://{host}/api/{self.project}/envelope/"
        self.pause = clients / rate
        self.kinds = kinds
        self.accepted = set()
        self.answered = 0
        self.refused = 0
        self.unreachable = 0
        self.longest_gap = 0.0
        self._last = time.monotonic()
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(clients)]

    def start(self):
        self._last = time.monotonic()
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._end.set()
        for thread in self._threads:
            thread.join()

    @property
    def availability(self):
        """The share of requests that were answered with 200."""
        tried = self.answered + self.refused + self.unreachable
        return self.answered / tried if tried else 1.0

    def _run(self, number):
        headers = {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={self.key}"}
        with httpx2.Client(headers=headers, timeout=PATIENCE) as client:
            sent = number
            while not self._end.is_set():
                started = time.monotonic()
                self._one(client, uuid.uuid4().hex, sent)
                sent += 1
                self._end.wait(max(0.0, self.pause - (time.monotonic() - started)))

    def _one(self, client, event_id, sent):
        body = envelope(event_id, sent % self.kinds)
        for _ in range(2 if sent % 5 == 0 else 1):
            try:
                answer = client.post(self.url, content=body)
            except httpx2.HTTPError:
                self._count("unreachable")
                continue
            if answer.status_code == 200:
                self._accepted(event_id)
            else:
                self._count("refused")

    def _accepted(self, event_id):
        with self._lock:
            now = time.monotonic()
            self.accepted.add(event_id)
            self.answered += 1
            self.longest_gap = max(self.longest_gap, now - self._last)
            self._last = now

    def _count(self, what):
        with self._lock:
            setattr(self, what, getattr(self, what) + 1)
