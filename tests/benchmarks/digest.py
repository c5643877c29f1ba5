"""The digest of inbox rows against a bare COPY of the rows that it stores.

Both take turns in one run on the same server. CPU is what the operating system counted, of this
process (`worker`) and of the server's processes (`server`), by event. The stages are timed alone,
over the same events; what they leave over is the database's part of the worker.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import orjson
import psutil
import psycopg

from config.knowledge import knowledge
from core.analysis import analyse
from core.clock import SystemClock
from core.digest import dictionaries
from core.digest.batch import Digester, Means, Rules
from core.digest.thinning import Thinning
from core.intake import reader
from core.intake.item import Encoding, InboxItem, Kind
from core.intake.scrub import scrub
from core.store import books, projects, schema
from core.store.engine import Database
from core.store.payloads import Payloads
from tests.benchmarks import events
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.server import running

BATCH = 500
SKEW = timedelta(days=1)
COLUMNS = (
    "event_id, project_id, issue_id, received_at, timestamp, level, category, family, transient, "
    "severity, component, release, environment, thinned, dictionary_id, payload"
)
TYPES = (
    "uuid int8 int8 timestamptz timestamptz text text text bool text text text text bool int4 bytea"
)
INBOX = """
COPY inbox (project_id, event_id, received_at, kind, encoding, body) FROM STDIN (FORMAT BINARY)
"""
DISK = """
SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c
WHERE c.relkind = 'r' AND (c.relname LIKE 'events_2%' OR c.relname IN (
  'event_ids', 'issues', 'issue_fingerprints', 'issue_minutes', 'component_minutes',
  'payload_dictionaries', 'signals', 'book_entries'))
"""


class Now(SystemClock):
    """All events fall into the minute that their own times tell."""

    def now(self):
        return events.START


class Bench:
    """A database with one project, and a digest for it."""

    def __init__(self, url):
        self.database = Database(url)
        self.plain = psycopg.connect(url, autocommit=True)
        self.plain.execute("CREATE TABLE bare (LIKE events INCLUDING ALL)")
        with self.database.transaction() as session:
            self.project = projects.create(session, "shop", now=events.START)[0].id
        self.payloads = Payloads()
        means = Means(
            database=self.database,
            payloads=self.payloads,
            knowledge=knowledge(),
            clock=Now(),
            order=lambda _session, _order: None,
        )
        rules = Rules(size=BATCH, thinning=Thinning(10**9, 20), skew=SKEW)
        self.digester = Digester(means, rules, writer=1)
        self.postmaster = psutil.Process(self.plain.info.backend_pid).parent()
        self.bytes_raw = self.bytes_packed = 0

    def fill(self, numbers):
        with self.plain.cursor().copy(INBOX) as copying:
            copying.set_types(["int8", "uuid", "timestamptz", "int2", "int2", "bytea"])
            for number in numbers:
                body = events.gzipped(number)
                identity = events.event_id(number)
                row = (self.project, identity, events.START, int(Kind.ENVELOPE))
                copying.write_row((*row, int(Encoding.GZIP), body))
        self.plain.execute("ANALYZE inbox")

    def digest(self):
        while self.digester.batch().rows:
            pass

    def train(self):
        with self.database.transaction() as session:
            now = events.START
            return dictionaries.train_next(session, self.project, payloads=self.payloads, now=now)

    def rows(self, numbers):
        """What the digest has stored for these events."""
        wanted = [events.event_id(number) for number in numbers]
        statement = f"SELECT {COLUMNS} FROM events WHERE event_id = ANY(%s)"
        return self.plain.cursor(binary=True).execute(statement, [wanted]).fetchall()

    def copy(self, rows):
        for first in range(0, len(rows), BATCH):
            with self.plain.cursor().copy(
                f"COPY bare ({COLUMNS}) FROM STDIN (FORMAT BINARY)"
            ) as copying:
                copying.set_types(TYPES.split())
                for row in rows[first : first + BATCH]:
                    copying.write_row(row)

    def server_cpu(self):
        processes = [self.postmaster, *self.postmaster.children(recursive=True)]
        times = [process.cpu_times() for process in processes]
        return sum(used.user + used.system for used in times)

    def measured(self, action, count):
        worker, server = time.process_time(), self.server_cpu()
        begun = time.perf_counter()
        action()
        seconds = time.perf_counter() - begun
        return {
            "events_per_s": count / seconds,
            "worker_cpu_ms": (time.process_time() - worker) * 1000 / count,
            "server_cpu_ms": (self.server_cpu() - server) * 1000 / count,
        }

    def disk(self):
        self.plain.execute("VACUUM ANALYZE")
        return int(self.plain.execute(DISK).fetchone()[0])


def item(number):
    return InboxItem(
        project_id=1,
        event_id=events.event_id(number),
        received_at=events.START,
        kind=Kind.ENVELOPE,
        encoding=Encoding.GZIP,
        body=events.gzipped(number),
    )


def timed(action, values):
    begun = time.process_time()
    found = [action(value) for value in values]
    return (time.process_time() - begun) * 1000 / len(values), found


def stages(bench, numbers):
    """CPU milliseconds an event of each pure stage, and of packing with the dictionary."""
    known = knowledge()
    with bench.database.transaction() as session:
        current = dictionaries.current(bench.plain, [bench.project])[bench.project]
        dictionary = current.dictionary_id
        read, found = timed(lambda each: reader.read(each, skew=SKEW), [item(n) for n in numbers])
        understood = [event for event, _ in found]
        scrubbed, _ = timed(scrub, understood)
        analysed, _ = timed(lambda event: analyse(event, known), understood)
        dumped, documents = timed(orjson.dumps, understood)
        packed, payloads = timed(
            lambda document: bench.payloads.pack(session, document, dictionary), documents
        )
    return {
        "read": read,
        "scrub": scrubbed,
        "analyse": analysed,
        "dump": dumped,
        "pack": packed,
        "document_bytes": sum(map(len, documents)) / len(documents),
        "payload_bytes": sum(map(len, payloads)) / len(payloads),
    }


def turns(bench, count, rounds):
    runs = []
    for turn in range(rounds):
        numbers = range(100_000 + turn * count, 100_000 + (turn + 1) * count)
        bench.fill(numbers)
        digested = bench.measured(bench.digest, count)
        rows = bench.rows(numbers)
        copied = bench.measured(lambda stored=rows: bench.copy(stored), count)
        runs.append({"digest": digested, "copy": copied, "stages": stages(bench, numbers[:500])})
    return runs


def medians(runs, side):
    return {name: statistics.median(run[side][name] for run in runs) for name in runs[0][side]}


def run(count=2_000, rounds=7):
    with (
        tempfile.TemporaryDirectory() as scratch,
        running(EmbeddedPostgres(Path(scratch) / "postgres")) as url,
    ):
        schema.upgrade(url, clock=Now())
        bench = Bench(url)
        bench.fill(range(2_000))
        bench.digest()
        trained = bench.train()
        before, stored = bench.disk(), 2_000
        runs = turns(bench, count, rounds)
        growth = (bench.disk() - before) / (count * rounds)
        with bench.database.transaction() as session:
            stored = books.totals(session).stored
        bench.plain.close()
        bench.database.dispose()
    return {
        "medians": {side: medians(runs, side) for side in ("digest", "copy", "stages")},
        "disk_bytes_per_event": growth,
        "dictionary_bytes": trained.size,
        "stored": stored,
        "runs": runs,
        "processors": os.cpu_count(),
    }


def table(found):
    sides, lines = found["medians"], [f"{'':<10}{'events/s':>12}{'worker ms':>12}{'server ms':>12}"]
    for side in ("digest", "copy"):
        figures = "".join(f"{value:>12.3f}" for value in sides[side].values())
        lines.append(f"{side:<10}{figures}")
    lines.append("stages of the worker, ms an event")
    lines += [f"  {name:<20}{value:>10.3f}" for name, value in sides["stages"].items()]
    lines.append(f"disk, bytes an event {found['disk_bytes_per_event']:>11.0f}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    found = run(options.events, options.rounds)
    print(table(found))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
