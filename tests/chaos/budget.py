"""`python -m tests.chaos.budget`: events come in without a pause, and stay within their bytes.

Days go by in seconds; nothing else is simulated. What the database has on the disk is looked at all
the time, also while a day is being cropped. Writes reports/budget.json and exits 1 if it was ever
more than the budget and its slack.

The slack, set before anything was measured: a third of the budget for indexes and the rest of
pages; three days of load, of which one is not over, one waits for the next look, and one is being
copied; and 8 MB. The whole data directory may also have twice its `max_wal_size` of log, since that
is a mark at which a checkpoint begins.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import psycopg

from core.clock import FixedClock, SystemClock
from core.maintenance import partitions
from core.maintenance.care import upkeep
from core.maintenance.space import budget
from core.maintenance.values import Keeping
from core.store import schema
from core.store.engine import Database
from tests.integration.core.maintenance.backup.filling import add, fill
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.server import running

MEGABYTE = 2**20
DAYS = 60
DAY_SECONDS = 1.5
BUDGET = 96 * MEGABYTE
LOOKS = 4
BATCH = 200
PAUSE = 0.02
SLACK_OF_BUDGET = 1 / 3
SLACK_DAYS = 3
SLACK_BYTES = 8 * MEGABYTE
WAL = 64 * MEGABYTE
REPORT = Path("reports/budget.json")


class Drill:
    """`days` of `day_seconds` each; `LOOKS` times a day the budget is enforced."""

    def __init__(self, url, *, days, day_seconds, most, directory=None):
        self.url, self.days, self.day_seconds, self.most = url, days, day_seconds, most
        self.directory = directory
        self.clock = FixedClock(SystemClock().now().replace(hour=0, minute=30))
        self.database = Database(url, application="drill", pool_size=3)
        self.written, self.held, self.freed = 0, 0, 0
        self.sizes, self.directories = [], []

    def live(self):
        self.project, self.issues = fill(self.url, 0)
        before, beside = self.size(), on_disk(self.directory)
        with self._meanwhile(self._write), self._meanwhile(self._look):
            for _ in range(self.days):
                self._day()
        day = (self._bytes_of(self.written) if self.written else 0) / self.days
        slack = self.most * SLACK_OF_BUDGET + SLACK_DAYS * day + SLACK_BYTES
        return {
            "budget": self.most,
            "slack": round(slack),
            "empty": before,
            "largest": max(self.sizes) - before,
            "largest_directory": max(self.directories) - beside,
            "last": self.size() - before,
            "written_events": self.written,
            "written_bytes": self._bytes_of(self.written),
            "freed_bytes": self.freed,
            "looks_that_found_a_day_held": self.held,
            "samples": len(self.sizes),
        }

    def close(self):
        self.database.dispose()

    def size(self):
        with psycopg.connect(self.url) as connection:
            return self._size(connection)

    def _size(self, connection):
        return connection.execute("SELECT pg_database_size(current_database())").fetchone()[0]

    def _bytes_of(self, events):
        """As the budget counts them."""
        asked = "SELECT avg(pg_column_size(payload)) + 200 FROM events"
        with psycopg.connect(self.url) as connection:
            return int(events * (connection.execute(asked).fetchone()[0] or 0))

    def _day(self):
        partitions.keep(self.database, Keeping(), self.clock.now())
        for _ in range(LOOKS):
            begun = time.monotonic()
            found = budget.keep(self.database, self.clock.now(), each=self.most, total=None)
            self.freed, self.held = self.freed + found.bytes_freed, self.held + found.held
            time.sleep(max(0.0, self.day_seconds / LOOKS - (time.monotonic() - begun)))
            self.clock.advance(timedelta(days=1).total_seconds() / LOOKS)
        upkeep.care(self.database, self.clock.now())

    @contextmanager
    def _meanwhile(self, act):
        over, failures = threading.Event(), []

        def repeat():
            try:
                while not over.is_set():
                    act()
            except psycopg.Error as error:
                failures.append(error)

        thread = threading.Thread(target=repeat)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        if failures:
            raise failures[0]

    def _write(self):
        add(self.url, self.project, self.issues, BATCH, now=self.clock.now())
        self.written += BATCH
        time.sleep(PAUSE)

    def _look(self):
        self.sizes.append(self.size())
        self.directories.append(on_disk(self.directory))
        time.sleep(0.1)


def on_disk(directory):
    """Of a folder in which files come and go."""
    total = 0
    for file in directory.rglob("*") if directory else ():
        with suppress(FileNotFoundError):
            total += file.stat().st_blocks * 512
    return total


def run(url, *, days=DAYS, day_seconds=DAY_SECONDS, most=BUDGET, directory=None):
    drill = Drill(url, days=days, day_seconds=day_seconds, most=most, directory=directory)
    try:
        found = drill.live()
    finally:
        drill.close()
    promises = {
        "within budget and slack, all the time": found["largest"] <= most + found["slack"],
        "so is the data directory, with its log": found["largest_directory"]
        <= most + found["slack"] + 2 * WAL,
        "more was written than fits": found["written_bytes"] > most + found["slack"],
        "room was given back": found["freed_bytes"] > 0,
    }
    return {"promises": promises, **found}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--days", type=int, default=DAYS)
    parser.add_argument("--megabytes", type=int, default=BUDGET // MEGABYTE)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mendline-chaos-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", durable=False)
        server.home.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (server.home.folder / "custom.conf").write_text(f"max_wal_size = {WAL // MEGABYTE}MB\n")
        with running(server):
            url = server.ensure_database("mendline")
            schema.upgrade(url)
            most, data = options.megabytes * MEGABYTE, server.home.folder / "data"
            found = run(url, days=options.days, most=most, directory=data)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(found, indent=2))
    print(json.dumps(found, indent=2))  # noqa: T201
    return 0 if all(found["promises"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
