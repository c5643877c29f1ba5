"""Tells the workers that something waits, with at most one message under way per free slot.

1. Whoever has committed rows takes a slot's token and sends the message that carries it; when all
   tokens are taken, enough messages are under way already.
2. A worker that finds nothing more releases its token and only then looks again. What was committed
   before the release is seen by that look; what comes later finds the token free.
3. Tokens end by themselves. A wiped or absent Redis, a lost message or a killed worker delays the
   rows until the next wake-up or the sweeper, and loses nothing.
"""

import threading
from collections.abc import Callable
from typing import Final

import structlog

from core.errors import DependencyError
from core.store.counters import Counters, Token
from core.vital import VitalThread

KIND: Final = "digest"
TTL_SECONDS: Final = 15.0
# Until the fleet has told how many children there are, and while it is away.
USUAL_SLOTS: Final = 2
REST_SECONDS: Final = 0.01

log = structlog.get_logger()


class Wake:
    """Called after each commit. `publish` hands a message with the token to the broker.

    Calling it only sets a flag: a thread of its own talks to Redis and the broker, so an event
    loop is never held up, and all calls during one round count as one.
    """

    def __init__(
        self,
        counters: Counters,
        publish: Callable[[str | None], None],
        *,
        slots: int = USUAL_SLOTS,
        ttl: float = TTL_SECONDS,
    ) -> None:
        self._counters = counters
        self._publish = publish
        self._slots = slots
        self._ttl = ttl
        self._wanted = threading.Event()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def __call__(self) -> None:
        self._wanted.set()
        if self._thread is None:
            self._start()

    def now(self, *, uncounted: bool = False) -> bool:
        """Sends one message if a slot is free; False if none is, or nobody can be reached.

        With Redis away nobody knows what is free: `uncounted` sends the message all the same.
        """
        try:
            token = self._counters.take(KIND, slots=self._slots, ttl=self._ttl)
        except DependencyError as error:
            log.warning("digest.wake_failed", at="counters", error=str(error))
            return uncounted and self._send(None)
        return token is not None and self._send(token)

    def _send(self, token: Token | None) -> bool:
        try:
            self._publish(str(token) if token else None)
        except DependencyError as error:
            log.warning("digest.wake_failed", at="broker", error=str(error))
            self.release(token)
            return False
        return True

    def renew(self, token: Token | None) -> None:
        """A worker at work holds on to its slot."""
        if token is not None:
            try:
                self._counters.renew(token, ttl=self._ttl)
            except DependencyError as error:
                log.warning("digest.renew_failed", error=str(error))

    def release(self, token: Token | None) -> None:
        if token is not None:
            try:
                self._counters.release(token)
            except DependencyError as error:
                log.warning("digest.release_failed", error=str(error))

    def close(self) -> None:
        """Ends the thread; what is still wanted is sent."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._ended.set()
        pending = self._wanted.is_set()
        self._wanted.set()
        if thread is not None:
            thread.join(timeout=10)
        if pending:
            self.now()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None and not self._ended.is_set():
                self._thread = VitalThread(self._run, name="digest-wake")
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            if self._ended.is_set():
                return
            self._wanted.clear()
            self.now()
            self._ended.wait(REST_SECONDS)
