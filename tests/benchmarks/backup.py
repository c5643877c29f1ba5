"""Backups against bare pg_dump and pg_restore, in MB of database a second.

The same programs with the same compression on the same rows. Ours also counts every table in the
snapshot, writes a checksum and waits for the disk; the proof of a backup is a restore of its own
and not in these figures. CPU is that of the client programs and of ourselves; what the server
spends is not in it. The aim is 0.9 of the bare programs.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from core.clock import SystemClock
from core.maintenance.backup import loading, taking
from core.maintenance.backup.loading import Loading
from core.maintenance.backup.programs import NICENESS, Programs, Target
from core.maintenance.backup.sealing import Key
from core.maintenance.backup.taking import Taking
from core.store import schema
from tests.integration.core.maintenance.backup.filling import fill
from workers.embedded.postgres import MAJOR, EmbeddedPostgres
from workers.embedded.server import running

EVENTS = 200_000
ROUNDS = 3
JOBS = 2
AIM = 0.9
MEGABYTE = 2**20
# Ours goes behind those who take in errors; the bare ones are measured alike.
STEPPED_BACK = ("nice", "-n", str(NICENESS))


class Spent(NamedTuple):
    seconds: float
    cpu: float


def run(events=EVENTS, rounds=ROUNDS):
    with tempfile.TemporaryDirectory(prefix="mendline-bench-") as folder:
        server = EmbeddedPostgres(Path(folder) / "pg")
        with running(server):
            url = server.ensure_database("mendline")
            schema.upgrade(url)
            fill(url, events)
            return measure(Target(url), Path(folder), rounds)


def measure(target, folder, rounds):
    """The best of some rounds, taken in turns."""
    ours = Taking(folder=folder / "ours", clock=SystemClock())
    sealed = replace(ours, folder=folder / "sealed", key=Key(b"k" * 32))
    bare, best = folder / "bare", {}
    for _ in range(rounds):
        dumped = timed(bare_dump, target, bare)[0]
        spent, made = timed(taking.take, target, ours)
        found = {
            "pg_dump": dumped,
            "backup": spent,
            "backup_encrypted": timed(taking.take, target, sealed)[0],
            "pg_restore": restored(target, bare_restore, bare),
            "restore": restored(target, our_restore, made),
            "pg_restore_jobs": restored(target, bare_restore_in_jobs, bare),
            "restore_jobs": restored(target, our_restore_in_jobs, made),
        }
        best = {name: min(best.get(name, spent), spent) for name, spent in found.items()}
    megabytes = made.manifest.database_bytes / MEGABYTE
    rates = {name: round(megabytes / spent.seconds, 1) for name, spent in best.items()}
    return {
        "database_mb": round(megabytes, 1),
        "mb_per_second": rates,
        "cpu_seconds": {name: round(spent.cpu, 2) for name, spent in best.items()},
        "backup_of_bare": round(rates["backup"] / rates["pg_dump"], 2),
        "restore_of_bare": round(rates["restore"] / rates["pg_restore"], 2),
        "restore_jobs_of_bare": round(rates["restore_jobs"] / rates["pg_restore_jobs"], 2),
    }


def bare_dump(target, path):
    program = Programs(int(MAJOR)).path("pg_dump")
    argv = [
        *STEPPED_BACK,
        program,
        "-Fc",
        "--compress=1",
        f"--dbname={target.plain}",
        f"--file={path}",
    ]
    subprocess.run(argv, check=True, env=dict(target.environment))


def bare_restore(target, path, *more):
    program = Programs(int(MAJOR)).path("pg_restore")
    argv = [
        *STEPPED_BACK,
        program,
        "--exit-on-error",
        "--no-owner",
        f"--dbname={target.plain}",
        *more,
        path,
    ]
    subprocess.run(argv, check=True, env=dict(target.environment))


def our_restore(target, backup):
    loading.load(backup, target, Loading())


def bare_restore_in_jobs(target, path):
    bare_restore(target, path, f"--jobs={JOBS}")


def our_restore_in_jobs(target, backup):
    loading.load(backup, target, Loading(jobs=JOBS))


def restored(target, restore, what):
    with loading.beside(target) as connection:
        loading.create(connection, "bench_restored")
        try:
            return timed(restore, target.named("bench_restored"), what)[0]
        finally:
            loading.drop(connection, "bench_restored")


def timed(work, *arguments):
    begun, before = time.perf_counter(), os.times()
    found = work(*arguments)
    took, after = time.perf_counter() - begun, os.times()
    return Spent(took, sum(after[:4]) - sum(before[:4])), found


def table(found):
    rates, cpu = found["mb_per_second"], found["cpu_seconds"]
    lines = [f"database of {found['database_mb']} MB{'MB/s':>20}{'CPU s':>10}"]
    lines += [f"  {name:<18}{rate:>18}{cpu[name]:>10}" for name, rate in rates.items()]
    lines.append(f"  backup {found['backup_of_bare']} of bare, restore {found['restore_of_bare']}")
    lines.append(f"  restore in {JOBS} jobs {found['restore_jobs_of_bare']} of bare")
    return "\n".join([*lines, f"  aim: {AIM}"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    print(table(run(options.events, options.rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
