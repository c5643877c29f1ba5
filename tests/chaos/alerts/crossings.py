"""Components that cross a threshold, over HTTP, and come back below it once all were told.

Most report failures and later successes; every fourth sends error events, which are over by
themselves when their window has passed.
"""

import threading
import time
from dataclasses import dataclass

import httpx2

from tests.chaos.alerts.declarations import ERRING, EVENTS, FAILURES, REPORTING

PATIENCE = 10
AGAIN = 0.3
# Who was not told by then is not waited for any more; the verdict will say so.
LONGEST = 120.0
ERRORS_EVERY = 4


@dataclass
class Crossing:
    """`at` is when the request was sent that was accepted and crossed it, `ended_at` likewise;
    all moments here are in seconds since 1970.
    """

    component: str
    by_events: bool
    at: float = 0.0
    ended_at: float | None = None


class Crossings:
    """`rate` a second until it is told to stop; each lasts until all channels took it."""

    def __init__(self, platform, book, *, rate):
        self.made = []
        self._book = book
        self.refused = 0
        self._platform = platform
        self._pause = 1 / rate
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self):
        self._thread.start()

    def stop(self):
        """All that were begun are brought back below."""
        self._end.set()
        self._thread.join()

    def _run(self):
        headers = {"Authorization": f"Bearer {self._platform.credentials['admin_key']}"}
        address = self._platform.ready["api"]
        with httpx2.Client(base_url=address, headers=headers, timeout=PATIENCE) as client:
            while not self._end.is_set():
                due = time.monotonic() + self._pause
                self._begin(client)
                self._come_back(client)
                self._end.wait(max(0.0, due - time.monotonic()))
            while self._open():
                self._come_back(client)
                time.sleep(AGAIN)

    def _begin(self, client):
        number = len(self.made)
        by_events = number % ERRORS_EVERY == ERRORS_EVERY - 1
        name = f"{ERRING if by_events else REPORTING}-{number}"
        crossing = Crossing(name, by_events)
        if by_events:
            event = {
                "error": {"type": "DrillError", "message": f"{name} failed"},
                "component": name,
            }
            path = f"/k/{self._platform.dsn_key}/api/errors/batch"
            crossing.at = self._accepted(client, path, [event] * EVENTS)
        else:
            crossing.at = self._report(client, name, "failure", FAILURES)
        self.made.append(crossing)

    def _come_back(self, client):
        for each in self._open():
            if self._book.knows(each.component) or time.time() - each.at > LONGEST:
                each.ended_at = self._report(client, each.component, "success", FAILURES * 100)

    def _open(self):
        return [each for each in self.made if not each.by_events and each.ended_at is None]

    def _report(self, client, component, outcome, count):
        body = {"outcome": outcome, "count": count}
        return self._accepted(client, f"/api/v1/components/{component}/report", body)

    def _accepted(self, client, path, body):
        """When the request was sent that was answered with success."""
        while True:
            sent = time.time()
            try:
                if client.post(path, json=body).is_success:
                    return sent
            except httpx2.HTTPError:
                pass
            self.refused += 1
            time.sleep(AGAIN)
