"""Intake against its ceiling: the same server that only gunzips, reads four fields and commits.

Both run as real uvicorn processes on the same PostgreSQL, in alternating pairs; the load comes from
a process of its own. CPU is what the operating system counted for the server process.
"""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
import psutil
import psycopg

from core.clock import SystemClock
from core.store import projects, schema
from core.store.engine import Database
from tests.benchmarks.intake_servers import CEILING_TABLE, DATABASE, FOLDER
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.server import running

KINDS = ("ceiling", "ours")
READY_WITHIN = 30.0


@dataclass
class Bench:
    database_url: str
    folder: Path
    key: str
    project: int
    seconds: float = 4.0
    connections: int = 32


@contextmanager
def server(bench, kind):
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", f"tests.benchmarks.intake_servers:{kind}"]
    process = subprocess.Popen(
        [*command, "--factory", "--port", str(port), "--no-access-log"],
        env=os.environ | {DATABASE: bench.database_url, FOLDER: str(bench.folder)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        ready(process)
        yield process, port
    finally:
        process.terminate()
        process.communicate(timeout=READY_WITHIN)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def ready(process):
    for line in process.stderr:
        if "running on" in line:
            return
    raise RuntimeError("the server did not start")


def load(bench, process, port, rate=0.0):
    """One run; the server's CPU is taken over the same time as the load's own measurement."""
    command = [sys.executable, "-m", "tests.benchmarks.load", "--port", str(port)]
    generator = subprocess.Popen(
        [
            *command,
            f"--path=/api/{bench.project}/envelope/",
            f"--key={bench.key}",
            f"--connections={bench.connections}",
            f"--seconds={bench.seconds}",
            f"--rate={rate}",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    watched = psutil.Process(process.pid)
    generator.stdout.readline()
    before = watched.cpu_times()
    time.sleep(bench.seconds)
    after = watched.cpu_times()
    found = orjson.loads(generator.communicate(timeout=READY_WITHIN)[0])
    used = after.user + after.system - before.user - before.system
    return found | {"cpu_ms": used * 1000 / max(found["answered"], 1)}


def one(bench, kind, rate=0.0):
    with server(bench, kind) as (process, port):
        return load(bench, process, port, rate)


def medians(runs):
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def measure(bench, rounds):
    runs = {kind: [] for kind in KINDS}
    for number in range(rounds):
        for kind in KINDS if number % 2 == 0 else reversed(KINDS):
            runs[kind].append(one(bench, kind))
            emptied(bench)
    found = {kind: medians(runs[kind]) for kind in KINDS}
    pairs = zip(runs["ours"], runs["ceiling"], strict=True)
    ratios = sorted(ours["rate"] / bare["rate"] for ours, bare in pairs)
    half = found["ours"]["rate"] / 2
    paced = [one(bench, "ours", half) for _ in range(rounds)]
    return {
        "rounds": rounds,
        **found,
        "half_rate": medians(paced),
        "ratio": statistics.median(ratios),
        "ratio_range": [ratios[0], ratios[-1]],
    }


def emptied(bench):
    with psycopg.connect(bench.database_url, autocommit=True) as connection:
        connection.execute("TRUNCATE inbox, ceiling")
        connection.execute("CHECKPOINT")


@contextmanager
def prepared():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running(EmbeddedPostgres(folder / "postgres")) as url:
            schema.upgrade(url, clock=SystemClock())
            with psycopg.connect(url) as connection:
                connection.execute(CEILING_TABLE)
            database = Database(url)
            with database.transaction() as session:
                project, key = projects.create(session, "bench", now=SystemClock().now())
            database.dispose()
            yield Bench(url, folder, key.public_key, project.id)


def table(found):
    names = ("rate", "p50_ms", "p99_ms", "cpu_ms", "failed")
    lines = [f"{'intake':<12}" + "".join(f"{name:>10}" for name in names)]
    lines += [
        f"{kind:<12}" + "".join(f"{found[kind][name]:>10.3f}" for name in names)
        for kind in (*KINDS, "half_rate")
    ]
    low, high = found["ratio_range"]
    lines.append(f"ours / ceiling {found['ratio']:.2f} ({low:.2f} to {high:.2f})")
    return "\n".join(lines)


def run(rounds=5, seconds=4.0):
    with prepared() as bench:
        bench.seconds = seconds
        return measure(bench, rounds)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    arguments = parser.parse_args()
    found = run(arguments.rounds, arguments.seconds)
    print(table(found), file=sys.stderr)
    print(orjson.dumps(found).decode())


if __name__ == "__main__":
    main()
