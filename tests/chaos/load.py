"""A client that posts errors at a steady pace and remembers which were answered with 200."""

import json
import threading
import time
import uuid

import httpx2


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
        self.refused = 0
        self.unreachable = 0
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(clients)]

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number):
        headers = {"X-Sentry-Auth": f"Sentry sentry_version=7, sentry_key={self.key}"}
        with httpx2.Client(headers=headers, timeout=15) as client:
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
                with self._lock:
                    self.accepted.add(event_id)
            else:
                self._count("refused")

    def _count(self, what):
        with self._lock:
            setattr(self, what, getattr(self, what) + 1)
