"""A thread beside the calls: hears of changes, renews the copies in use, tells what was counted."""

import os
import threading
from collections.abc import Callable
from typing import Any, Final, Self, cast

import redis
import structlog

from core.resilience.breaker.breakers import Breakers
from core.resilience.breaker.redis_shared import CHANNEL

log = structlog.get_logger()

TICK_SECONDS: Final = 0.1
# Without any use it ends, and begins again with the next one.
IDLE_TICKS: Final = 300


class Tender:
    """Starts with the first use, in the process that uses it: a fork has none until then."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        self._breakers: Breakers | None = None
        self._lock = threading.Lock()
        self._pid: int | None = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def attach(self, breakers: Breakers) -> None:
        self._breakers = breakers

    def used(self) -> None:
        if self._pid == os.getpid() or self._breakers is None:
            return
        with self._lock:
            if self._pid != os.getpid() and not self._stopped.is_set():
                self._pid = os.getpid()
                self._thread = threading.Thread(target=self._run, name="breakers", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """What was counted is told first."""
        self._stopped.set()
        thread = self._thread
        if thread is not None and thread.is_alive():
            thread.join(timeout=2)
        if self._breakers is not None:
            self._breakers.flush()

    def _run(self) -> None:
        assert self._breakers is not None
        idle = 0
        with _Ear(self._client) as ear:
            while idle < IDLE_TICKS and not self._stopped.is_set():
                busy = self._breakers.tend(ear.listen(self._stopped.wait))
                idle = 0 if busy else idle + 1
        self._pid = None


class _Ear:
    """Names of breakers that have changed, as Redis tells them; silent while it is away."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = cast("Any", client)  # the library has no annotations here
        self._channel = self._client.pubsub(ignore_subscribe_messages=True)
        self._subscribed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def listen(self, rest: Callable[[float], object]) -> set[str]:
        """Waits a tick for the first, and takes the others that are there."""
        try:
            if not self._subscribed:
                self._channel.subscribe(CHANNEL)
                self._subscribed = True
            return self._heard()
        except redis.RedisError as error:
            log.debug("breaker.not_heard", error=str(error))
            self._channel.close()
            self._channel = self._client.pubsub(ignore_subscribe_messages=True)
            self._subscribed = False
            rest(TICK_SECONDS)
            return set()

    def _heard(self) -> set[str]:
        found: set[str] = set()
        message = self._channel.get_message(timeout=TICK_SECONDS)
        while message is not None:
            data = message["data"]
            found.add(data.decode() if isinstance(data, bytes) else str(data))
            message = self._channel.get_message(timeout=0)
        return found
