"""Many processes call a server that is now well, now sick, each call behind one breaker.

`python -m tests.integration.core.resilience.flapping OPTIONS` prints what came of it as JSON.
Times are of the wall clock of this host, which Redis has, too.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import redis
import structlog

from core.clock import SystemClock
from core.resilience.breaker import BreakerOpenError, Listeners
from core.resilience.breaker.breakers import Breakers
from core.resilience.breaker.guard import guarded
from core.resilience.breaker.redis_shared import RedisBreakers
from core.resilience.breaker.rows import Ledger, RowChronicle
from core.resilience.breaker.settings import BreakerSettings, SettingsBook
from core.resilience.breaker.tender import Tender
from core.store import breakers as rows
from core.store.engine import Database
from core.work import holds

NAME = "flapping"
PROBE_SECONDS = 0.1
END = (None, None, float("inf"))
# An opening is decided, and open once everybody has heard of it.
PASSING = ("closed", "opening")
LEDGER = Ledger(holds.hold, holds.release, own_project="mendline")


class SickError(ConnectionError):
    pass


def settings(options):
    return BreakerSettings(
        threshold=10,
        reset_timeout=options.reset,
        window_seconds=options.window,
        probes=options.probes,
        ramp_seconds=0,
    )


class Server:
    """Answers lines `id begun permit` with `id verdict`; keeps who called when."""

    def __init__(self, options, begun):
        self.options, self.begun = options, begun
        self.calls = []

    def well(self, now):
        """Well, sick, well, sick …, and well in the end."""
        place = int((now - self.begun) / self.options.phase)
        return place % 2 == 0 or place >= 2 * self.options.rounds

    async def serve(self, reader, writer):
        while line := await reader.readline():
            number, begun, permit = line.decode().split()
            self.calls.append((float(begun), permit))
            probe = permit.split(".")[1]
            seconds = PROBE_SECONDS if probe else self.options.latency
            asyncio.get_running_loop().call_later(seconds, self.answer, writer, number)

    def answer(self, writer, number):
        verdict = "ok" if self.well(time.time()) else "sick"
        if not writer.is_closing():
            writer.write(f"{number} {verdict}\n".encode())


class Client:
    """Any number of calls over one connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.waiting, self.next = {}, 0

    async def read(self):
        while line := await self.reader.readline():
            number, verdict = line.decode().split()
            self.waiting.pop(int(number)).set_result(verdict)

    async def call(self, permit):
        self.next += 1
        answer = asyncio.get_running_loop().create_future()
        self.waiting[self.next] = answer
        self.writer.write(f"{self.next} {time.time()} {permit}\n".encode())
        if await answer == "sick":
            raise SickError


async def caller(client, breakers, ends, counts, options):
    while time.time() < ends:
        try:
            async with guarded(breakers, NAME) as permit:
                await client.call(permit)
            counts["passed"] += 1
        except BreakerOpenError as error:
            counts["refused"] += 1
            pause = min(error.retry_after, options.pause) * (0.5 + random.random())
            await asyncio.sleep(pause)
        except SickError:
            counts["failed"] += 1


async def calling(options, path, ends, place):
    database = Database(options.database, application="flapping", pool_size=2)
    with redis.Redis.from_url(options.redis, socket_timeout=5) as client:
        tender = Tender(client)
        breakers = Breakers(
            RedisBreakers(client),
            RowChronicle(database, LEDGER),
            book=SettingsBook(settings(options)),
            clock=SystemClock(),
            reporter=f"node-{place % 4}",
            listeners=Listeners(used=tender.used),
        )
        tender.attach(breakers)
        connection = Client(*await asyncio.open_unix_connection(path))
        reading = asyncio.create_task(connection.read())
        counts = Counter()
        await asyncio.gather(
            *(caller(connection, breakers, ends, counts, options) for _ in range(options.calls))
        )
        reading.cancel()
        await asyncio.to_thread(tender.close)
    database.dispose()
    return counts


def forked(work):
    """The answer of a child as JSON, from the pipe that is returned."""
    ours, theirs = os.pipe()
    if os.fork():
        os.close(theirs)
        return ours
    os.close(ours)
    with os.fdopen(theirs, "w") as out:
        json.dump(work(), out)
    os._exit(0)


async def serving(options, path, begun, children):
    server = Server(options, begun)
    listening = await asyncio.start_unix_server(server.serve, path, backlog=100)
    async with listening:
        done = [asyncio.to_thread(lambda pipe=pipe: os.fdopen(pipe).read()) for pipe in children]
        counts = [json.loads(each) for each in await asyncio.gather(*done)]
    return server.calls, counts


def run(options):
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "server")
        begun = time.time() + options.warm
        ends = begun + options.phase * (2 * options.rounds + 1) + options.reset

        def child(place):
            time.sleep(max(0, begun - time.time() - 0.2))
            return asyncio.run(calling(options, path, ends, place))

        children = [forked(lambda place=place: child(place)) for place in range(options.processes)]
        calls, counts = asyncio.run(serving(options, path, begun, children))
    return judged(options, begun, calls, counts)


def judged(options, begun, calls, counts):
    database = Database(options.database, application="flapping")
    with database.transaction() as session:
        page = rows.history(session, NAME, limit=1000)
        history = [(row[0].new, row[0].version, row[0].at.timestamp()) for row in page.rows][::-1]
    database.dispose()
    total = sum((Counter(each) for each in counts), Counter())
    return {
        "processes": options.processes,
        "concurrent": options.processes * options.calls,
        "calls": dict(total),
        "episodes": episodes(history, calls),
        "while_open": while_open(history, calls),
        "opened_after": opened_after(options, begun, history),
        "in_traffic_after": in_traffic_after(options, begun, calls),
        "closed_after": closed_after(options, begun, history),
        "last": history[-1][0] if history else None,
    }


def episodes(history, calls):
    """Probes of each half-open time, and how it ended."""
    probes = Counter(permit.split(".")[0] for _, permit in calls if permit.split(".")[1])
    ends = [new for new, _, _ in history[1:]]
    return [
        {"probes": probes[str(version)], "ended": end}
        for (new, version, _), end in zip(history, ends, strict=False)
        if new == "half_open"
    ]


def while_open(history, calls):
    """Calls without a lease that began while it was open or half open, and the latest of them."""
    late = []
    for (new, _, at), follows in zip(history, [*history, END][1:], strict=True):
        if new not in PASSING:
            late += [
                begun - opened(history, at)
                for begun, permit in calls
                if at <= begun < follows[2] and not permit.split(".")[1]
            ]
    return {"calls": len(late), "latest_seconds": max(late, default=0.0)}


def opened(history, at):
    """When the time began in which no call may pass that this moment belongs to."""
    first = at
    for new, _, moment in reversed(history):
        if moment > at:
            continue
        if new in PASSING:
            break
        first = moment
    return first


def opened_after(options, begun, history):
    """Seconds from the beginning of each sick time to the first opening in it."""
    found = []
    for place in range(options.rounds):
        sick = begun + options.phase * (2 * place + 1)
        times = [
            at for new, _, at in history if new == "open" and sick <= at < sick + options.phase
        ]
        found.append(times[0] - sick if times else None)
    return found


def in_traffic_after(options, begun, calls):
    """Seconds from the end of each sick time to the first call that begins, a probe as a rule."""
    found = []
    for place in range(options.rounds):
        well = begun + options.phase * (2 * place + 2)
        found.append(min((at for at, _ in calls if at >= well), default=None))
        found[-1] = None if found[-1] is None else found[-1] - well
    return found


def closed_after(options, begun, history):
    """Seconds from the end of each sick time to the closing, when all its probes have passed."""
    found = []
    for place in range(options.rounds):
        well = begun + options.phase * (2 * place + 2)
        times = [at for new, _, at in history if new == "closed" and at >= well]
        found.append(times[0] - well if times else None)
    return found


def parsed(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--redis", required=True)
    for name, default in (("processes", 8), ("calls", 1250), ("rounds", 2), ("probes", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    times = {"phase": 6.0, "reset": 2.0, "window": 2.0, "latency": 1.0, "warm": 2.0, "pause": 0.2}
    for name, default in times.items():
        parser.add_argument(f"--{name}", type=float, default=default)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    json.dump(run(parsed(sys.argv[1:])), sys.stdout)
