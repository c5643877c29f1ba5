"""The whole platform: envelopes in over HTTP, events counted in the database at the end.

CPU is what the operating system counted for the process trees of the platform while the events
went through; disk is every table and index that an event leaves rows in.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import psycopg

from tests.acceptance.platform import running
from tests.benchmarks.events import TEMPLATES, gzipped
from tests.benchmarks.load import Client, requests
from tests.chaos.faults import command_of

STORED = "SELECT count(*) FROM events"
DISK = """
SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c
WHERE c.relkind = 'r' AND (c.relname LIKE 'events%' OR c.relname IN (
  'event_ids', 'issues', 'issue_fingerprints', 'issue_minutes', 'component_minutes',
  'payload_dictionaries', 'signals', 'book_entries'))
"""
GIVE_UP = 600.0


class Volley:
    """Sends each prepared request once over the connections it is given."""

    def __init__(self, prepared):
        self.prepared = prepared
        self.sent = 0
        self.accepted = 0
        self.failed = 0
        self.done = asyncio.Event()

    def free(self, client):
        if self.sent < len(self.prepared):
            self.sent += 1
            client.send(self.prepared[self.sent - 1], time.perf_counter())

    def answered(self, seconds, *, ok):
        self.accepted += ok
        self.failed += not ok
        if self.accepted + self.failed == len(self.prepared):
            self.done.set()


async def fire(options, prepared):
    volley = Volley(prepared)
    print("firing", flush=True)
    begun = time.perf_counter()
    loop = asyncio.get_running_loop()
    for _ in range(options.connections):
        await loop.create_connection(lambda: Client(volley), "127.0.0.1", options.port)
    await asyncio.wait_for(volley.done.wait(), GIVE_UP)
    seconds = time.perf_counter() - begun
    return {"accepted": volley.accepted, "failed": volley.failed, "seconds": seconds}


def generator(options):
    """The load generator's own process; bodies are made before the clock starts."""
    bodies = [gzipped(options.first + number) for number in range(options.events)]
    found = asyncio.run(fire(options, requests(options.path, options.key, bodies)))
    print(json.dumps(found))


def trees(platform):
    """The platform's processes by part; what belongs to no other part is the rest."""
    marks = {"web.serve": "api", "tasks.app worker": "workers", "postgres": "postgres"}
    found = {}
    for process in platform.processes():
        words = command_of(process)
        if words.startswith("postgres:") or "/postgres " in words:
            part = "postgres"
        elif " worker " in words and "tasks.app" in words:
            part = "workers"
        else:
            part = next((name for mark, name in marks.items() if mark in words), "rest")
        found.setdefault(part, []).append(process)
    return found


def cpu_seconds(processes):
    total = 0.0
    for process in processes:
        try:
            used = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += used.user + used.system
    return total


def cpu(platform):
    return {part: cpu_seconds(found) for part, found in trees(platform).items()}


def once(platform, events, first):
    _, rest = platform.dsn.split("://")
    key, place = rest.split("@")
    host, project = place.rsplit("/", 1)
    command = [sys.executable, "-m", "tests.benchmarks.end_to_end", "--generate"]
    arguments = [f"--port={host.rsplit(':', 1)[1]}", f"--path=/api/{project}/envelope/"]
    sender = subprocess.Popen(
        [*command, *arguments, f"--key={key}", f"--events={events}", f"--first={first}"],
        stdout=subprocess.PIPE,
        text=True,
    )
    with psycopg.connect(platform.credentials["database_url"], autocommit=True) as connection:
        already = connection.execute(STORED).fetchone()[0]
        sender.stdout.readline()
        before, begun = cpu(platform), time.perf_counter()
        while connection.execute(STORED).fetchone()[0] < already + events:
            if time.perf_counter() - begun > GIVE_UP:
                raise TimeoutError("not every event was stored")
            time.sleep(0.1)
        seconds, after = time.perf_counter() - begun, cpu(platform)
        connection.execute("CHECKPOINT")
        disk = connection.execute(DISK).fetchone()[0]
    sent = json.loads(sender.communicate(timeout=60)[0])
    used = {part: (after[part] - before.get(part, 0.0)) * 1000 / events for part in after}
    return {
        "end_to_end_per_s": events / seconds,
        "accepted_per_s": sent["accepted"] / sent["seconds"],
        "failed": sent["failed"],
        "api_cpu_ms": used["api"],
        "worker_cpu_ms": used["workers"],
        "postgres_cpu_ms": used["postgres"],
        "rest_cpu_ms": used.get("rest", 0.0),
        "disk_bytes_per_event": int(disk) / (already + events),
        "events": already + events,
    }


def run(events=20_000, rounds=5):
    with tempfile.TemporaryDirectory() as scratch, running(Path(scratch) / "data") as platform:
        runs = [once(platform, events, first=number * events) for number in range(rounds)]
        with platform.api() as api:
            issues = len(api.get("/api/v1/issues?limit=100").json())
    medians = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    return {"medians": medians, "runs": runs, "issues": issues, "templates": TEMPLATES}


def table(found):
    lines = [f"end to end, {found['issues']} issues of {found['templates']} kinds"]
    lines += [f"  {name:<22}{value:>12.3f}" for name, value in found["medians"].items()]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generate", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--port", type=int)
    parser.add_argument("--path")
    parser.add_argument("--key")
    options = parser.parse_args()
    if options.generate:
        generator(options)
        return
    found = run(options.events, options.rounds)
    print(table(found), file=sys.stderr)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
