"""`python -m tests.chaos.backups`: a backup of many events under write load, killed, proven, moved.

Every step is a call of the command line, as an operator makes it. Writes reports/backups.json and
exits 1 if something is not as promised.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg

from core.maintenance.backup import container
from core.store import schema
from tests.chaos import rebuilt
from tests.integration.core.maintenance.backup.filling import add, fill
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.server import running

EVENTS = 200_000
REPORT = Path("reports/backups.json")


class Drill:
    """One platform's database, and another server to restore to."""

    def __init__(self, folder, url, elsewhere):
        self.folder, self.url, self.elsewhere = folder, url, elsewhere
        self.promises, self.drafts = {}, 0

    def environment(self, **changes):
        told = {"DATABASE_URL": self.url, "DATA_DIR": str(self.folder / "data")}
        return os.environ | {f"MENDLINE_{name}": text for name, text in (told | changes).items()}

    def mendline(self, *arguments, **changes):
        argv = [sys.executable, "-m", "cli.main", *map(str, arguments)]
        environment = self.environment(**changes)
        return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)

    def ask(self, *arguments, **changes):
        done = self.mendline(*arguments, "--json", **changes)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @property
    def backups(self):
        return self.folder / "data" / "backups"

    def promise(self, name, *, kept):
        self.promises[name] = bool(kept)

    def refused(self, name, code, *arguments, **changes):
        """The command says so and what was there is as before."""
        before = sorted(self.backups.iterdir())
        done = self.mendline(*arguments, **changes)
        same = before == sorted(self.backups.iterdir())
        self.promise(name, kept=(done.returncode == 1 and code in done.stderr and same))

    def kill_in_the_middle(self):
        argv = [sys.executable, "-m", "cli.main", "backup", "create"]
        process = subprocess.Popen(argv, env=self.environment(), stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not list(self.backups.glob("*.draft")):
            time.sleep(0.005)
        process.kill()
        process.wait()
        for whole in self.backups.glob("*.mendline"):  # it was faster than the kill
            container.check(whole)
        self.drafts = len(list(self.backups.glob("*.draft")))

    def move(self, path):
        self.ask("backup", "restore", path, DATABASE_URL=self.elsewhere)
        manifest = container.look(path).manifest
        with psycopg.connect(self.elsewhere) as connection:
            found = {
                name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
                for name in manifest.contents.tables
            }
        expected = {name: facts.rows for name, facts in manifest.contents.tables.items()}
        self.promise("counts elsewhere are those of the manifest", kept=found == expected)
        return expected["events"]


@contextmanager
def writing(url, project, issues):
    """Somebody writes all the time; answers with how much."""
    over, written = threading.Event(), [0]

    def write():
        while not over.is_set():
            add(url, project, issues, 200)
            written[0] += 200
            time.sleep(0.2)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield written
    finally:
        over.set()
        thread.join()


def saved_and_moved(drill, events, *, kill=True, before=lambda _project: None):
    """A backup under write load that is restored elsewhere; its path and its figures."""
    project, issues = fill(drill.url, events)
    before(project)
    with writing(drill.url, project, issues) as written:
        if kill:
            drill.kill_in_the_middle()
        made = drill.ask("backup", "create")
    drill.promise("the next one is proven", kept=made["proven"])
    drill.promise("drafts are gone", kept=not list(drill.backups.glob("*.draft")))
    path = Path(made["path"])
    figures = {
        "drafts_left_by_the_kill": drill.drafts,
        "events_saved": drill.move(path),
        "events_written_meanwhile": written[0],
        **{name: made[name] for name in ("seconds", "recovery_seconds", "bytes")},
    }
    return path, figures


def run(folder, events):
    source = EmbeddedPostgres(folder / "source", durable=False)
    other = EmbeddedPostgres(folder / "other", durable=False)
    with running(source), running(other):
        url = source.ensure_database("mendline")
        schema.upgrade(url)
        drill = Drill(folder, url, other.url_of("mendline"))
        leave = partial(rebuilt.leave_behind, url)
        path, figures = saved_and_moved(drill, events, before=leave)
        failures(drill, path)
        kept, seconds = rebuilt.live_on(folder / "elsewhere", drill.elsewhere)
        return {"promises": drill.promises | kept, **figures, "seconds_to_rebuild": seconds}


def failures(drill, path):
    drill.ask("backup", "key", drill.folder / "key")
    drill.ask("backup", "key", drill.folder / "another")
    sealed = drill.ask("backup", "create", "--no-verify", "--key-file", drill.folder / "key")
    wrong = ("--key-file", drill.folder / "another")
    drill.refused("a wrong key is told", "ML-BAK-0004", "backup", "verify", sealed["path"], *wrong)
    nowhere = {"POSTGRES_PROGRAMS": "/nowhere"}
    drill.refused("a missing program is told", "ML-BAK-0001", "backup", "create", **nowhere)
    drill.refused("nothing is overwritten unasked", "ML-BAK-0007", "backup", "restore", path)
    full_disk(drill)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    drill.refused("a flipped byte is found", "ML-BAK-0003", "backup", "verify", path)
    drill.refused("and not restored", "ML-BAK-0003", "backup", "restore", path, "--into", "never")


def full_disk(drill):
    """A small disk of its own; only root can make one."""
    small = drill.folder / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(small)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        return
    try:
        options = {"BACKUP_DIR": str(small)}
        drill.refused("a full disk is told", "ML-DISK-0001", "backup", "create", **options)
        drill.promise("a full disk keeps nothing of it", kept=not list(small.iterdir()))
    finally:
        subprocess.run(["umount", str(small)], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mendline-chaos-") as folder:
        found = run(Path(folder), options.events)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(found, indent=2))
    print(json.dumps(found, indent=2))  # noqa: T201
    return 0 if all(found["promises"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
