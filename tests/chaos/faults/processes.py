"""Processes that end, stand still, or forget everything."""

import signal
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil
import redis

from tests.chaos.fault import Fault


def drawn(fault, site, chance):
    """At least one victim, whatever the intensity."""
    found = site.victims(fault.target)
    return chance.sample(found, max(1, round(len(found) * fault.intensity))) if found else []


def signalled(victims, number):
    """The ids of those that were still there."""
    reached = []
    for victim in victims:
        with suppress(psutil.NoSuchProcess):
            victim.send_signal(number)
            reached.append(victim.pid)
    return reached


@dataclass(frozen=True, kw_only=True)
class Kill(Fault):
    """SIGKILL; an intensity of 0 means one process."""

    intensity: float = 0.0

    @contextmanager
    def inject(self, site, chance):
        pids = signalled(drawn(self, site, chance), signal.SIGKILL)
        yield f"killed {pids}" if pids else None


@dataclass(frozen=True, kw_only=True)
class Freeze(Fault):
    """SIGSTOP, and SIGCONT after the time: a stall, as of a host that swaps or a paused machine."""

    @contextmanager
    def inject(self, site, chance):
        victims = drawn(self, site, chance)
        pids = signalled(victims, signal.SIGSTOP)
        try:
            yield f"stopped {pids}" if pids else None
        finally:
            signalled(victims, signal.SIGCONT)


@dataclass(frozen=True, kw_only=True)
class Wipe(Fault):
    """The data of Redis is gone, on disk as well, and then the server dies."""

    @contextmanager
    def inject(self, site, chance):
        said = "not wiped"
        client = redis.Redis.from_url(site.redis_url, socket_timeout=5)
        with client, suppress(redis.RedisError):
            client.flushall()
            client.bgrewriteaof()
            said = "wiped"
        pids = signalled(site.victims(self.target), signal.SIGKILL)
        yield f"{said} and killed {pids}" if pids else None
