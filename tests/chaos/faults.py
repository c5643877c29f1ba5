"""Faults as values: what is hit, and how."""

import signal
from collections.abc import Callable
from dataclasses import dataclass

import psutil
import redis

PARTS = {
    "api": ("web.serve",),
    "worker": ("tasks.app", "worker"),
    "agent": ("workers.agent",),
    "fleet": ("workers.controller",),
    "beat": ("tasks.app", "beat"),
    "postgres": ("bin/postgres",),
    "redis": ("redis-server",),
}


@dataclass(frozen=True)
class Fault:
    """`hit` does it to a running platform and says what it did."""

    name: str
    hit: Callable


def command_of(process):
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def victims(platform, part):
    marks = PARTS[part]
    return [p for p in platform.processes() if all(mark in command_of(p) for mark in marks)]


def killer(part):
    def hit(platform, chance):
        found = victims(platform, part)
        if part == "postgres":
            # The postmaster is the one whose parent is not a postgres; its death takes the rest.
            found = [p for p in found if p.ppid() not in {q.pid for q in found}]
        if not found:
            return f"{part}: nothing to kill"
        victim = chance.choice(found)
        victim.send_signal(signal.SIGKILL)
        return f"{part}: killed {victim.pid}"

    return Fault(f"kill {part}", hit)


def wiped_redis():
    """The data of Redis is gone, on disk as well, and then the server dies."""

    def hit(platform, chance):
        with redis.Redis.from_url(platform.credentials["redis_url"], socket_timeout=5) as client:
            try:
                client.flushall()
                client.bgrewriteaof()
            except redis.RedisError as error:
                return f"redis: not wiped, {type(error).__name__}"
        return killer("redis").hit(platform, chance).replace("killed", "wiped and killed")

    return Fault("wipe redis", hit)


ALL = (*(killer(part) for part in PARTS), wiped_redis())
