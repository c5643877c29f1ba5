"""A load generator as a process of its own: keep-alive connections, bodies made beforehand.

Writes one JSON line: requests answered with 200, others, seconds, and latencies in milliseconds.
"""

import argparse
import asyncio
import re
import time

import orjson
import uvloop

from tests.benchmarks.events import gzipped

BODIES = 500
LENGTH = re.compile(rb"content-length: (\d+)")
WARM_UP = 0.5


def requests(path, key, bodies):
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-sentry-envelope\r\n"
        "Content-Encoding: gzip\r\nUser-Agent: sentry.python/2.75.0\r\n"
        "Accept-Encoding: identity\r\n"
        f"X-Sentry-Auth: Sentry sentry_key={key}, sentry_version=7,"
        " sentry_client=sentry.python/2.75.0\r\n"
    )
    return [f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies]


class Client(asyncio.Protocol):
    """One connection with one request under way."""

    def __init__(self, load):
        self.load = load
        self.transport = None
        self.sent_at = None
        self.answer = b""

    def connection_made(self, transport):
        self.transport = transport
        self.load.free(self)

    def send(self, request, now):
        self.sent_at = now
        self.transport.write(request)

    def data_received(self, data):
        self.answer += data
        head, end, body = self.answer.partition(b"\r\n\r\n")
        if not end or len(body) < int(LENGTH.search(head)[1]):
            return
        ok, self.answer = head.startswith(b"HTTP/1.1 200"), b""
        self.load.answered(time.perf_counter() - self.sent_at, ok=ok)
        self.sent_at = None
        self.load.free(self)

    def connection_lost(self, error):
        if self.sent_at is not None:
            self.load.answered(0.0, ok=False)


class Load:
    """As fast as answers come, or `rate` requests a second whatever the answers do."""

    def __init__(self, prepared, rate):
        self.prepared = prepared
        self.rate = rate
        self.sent = 0
        self.waiting = []
        self.due = []
        self.latencies = []
        self.failed = 0
        self.running = True
        self.measuring = False

    def free(self, client):
        if not self.running:
            return
        if self.rate and not self.due:
            self.waiting.append(client)
            return
        client.send(self._next(), self.due.pop(0) if self.rate else time.perf_counter())

    def _next(self):
        self.sent += 1
        return self.prepared[self.sent % len(self.prepared)]

    def answered(self, seconds, *, ok):
        if self.measuring and ok:
            self.latencies.append(seconds)
        elif self.measuring:
            self.failed += 1

    async def pace(self):
        """Latency counts from when a request was due, not from when a connection was free."""
        begun, made = time.perf_counter(), 0
        while self.running:
            now = time.perf_counter()
            while made < (now - begun) * self.rate:
                self.due.append(begun + made / self.rate)
                made += 1
            while self.due and self.waiting:  # in turn: a server closes what is idle for seconds
                self.waiting.pop(0).send(self._next(), self.due.pop(0))
            await asyncio.sleep(0.001)


async def drive(arguments):
    bodies = [gzipped(number) for number in range(BODIES)]
    load = Load(requests(arguments.path, arguments.key, bodies), arguments.rate)
    loop = asyncio.get_running_loop()
    for _ in range(arguments.connections):
        await loop.create_connection(lambda: Client(load), arguments.host, arguments.port)
    pacing = loop.create_task(load.pace()) if arguments.rate else None
    await asyncio.sleep(WARM_UP)
    load.measuring, begun = True, time.perf_counter()
    print("measuring", flush=True)
    await asyncio.sleep(arguments.seconds)
    load.measuring, elapsed = False, time.perf_counter() - begun
    load.running = False
    if pacing is not None:
        await pacing
    return result(load, elapsed)


def result(load, elapsed):
    ordered = sorted(load.latencies) or [0.0]
    return {
        "answered": len(load.latencies),
        "failed": load.failed,
        "seconds": elapsed,
        "rate": len(load.latencies) / elapsed,
        "p50_ms": ordered[len(ordered) // 2] * 1000,
        "p99_ms": ordered[int(len(ordered) * 0.99)] * 1000,
        "max_ms": ordered[-1] * 1000,
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rate", type=float, default=0.0)
    print(orjson.dumps(uvloop.run(drive(parser.parse_args()))).decode())


if __name__ == "__main__":
    main()
