"""What intake answers within while a backup is taken and proven, against without one.

The same server process, the same paced load, in alternating pairs; the backup is the command that
operators have, over and over as long as the load lasts. The aim is twice the p99 at the most.
"""

import argparse
import os
import statistics
import subprocess
import sys
import threading
from contextlib import contextmanager

from tests.benchmarks import intake
from tests.integration.core.maintenance.backup.filling import fill

EVENTS = 200_000
ROUNDS = 5
SECONDS = 10.0
RATE = 200.0
AIM = 2.0


def run(events=EVENTS, rounds=ROUNDS, seconds=SECONDS, rate=RATE):
    with intake.prepared() as bench:
        bench.seconds = seconds
        fill(bench.database_url, events)
        return measure(bench, rounds, rate)


def measure(bench, rounds, rate):
    alone, during, taken = [], [], []
    for _ in range(rounds):
        alone.append(one(bench, rate))
        with backing_up(bench) as made:
            during.append(one(bench, rate))
        taken.append(len(made))
    pairs = zip(during, alone, strict=True)
    ratios = sorted(with_one["p99_ms"] / without["p99_ms"] for with_one, without in pairs)
    return {
        "rate": rate,
        "without": intake.medians(alone),
        "during": intake.medians(during),
        "backups": taken,
        "p99_ratio": statistics.median(ratios),
        "p99_ratio_range": [ratios[0], ratios[-1]],
    }


def one(bench, rate):
    found = intake.one(bench, "ours", rate)
    intake.emptied(bench)
    return found


@contextmanager
def backing_up(bench):
    """Answers with the exit codes of those that came to their end."""
    over, codes = threading.Event(), []

    def back_up():
        while not over.is_set():
            codes.append(
                subprocess.run(
                    command, env=environment, stdout=subprocess.DEVNULL, check=True
                ).returncode
            )

    command = [sys.executable, "-m", "cli.main", "backup", "create", "--json"]
    told = {"DATABASE_URL": bench.database_url, "DATA_DIR": str(bench.folder / "data")}
    environment = os.environ | {f"MENDLINE_{name}": text for name, text in told.items()}
    thread = threading.Thread(target=back_up)
    thread.start()
    try:
        yield codes
    finally:
        over.set()
        thread.join()


def table(found):
    names = ("rate", "p50_ms", "p99_ms", "max_ms", "failed")
    lines = [f"{'intake':<12}" + "".join(f"{name:>10}" for name in names)]
    lines += [
        f"{kind:<12}" + "".join(f"{found[kind][name]:>10.2f}" for name in names)
        for kind in ("without", "during")
    ]
    low, high = found["p99_ratio_range"]
    lines.append(f"p99 during / without {found['p99_ratio']:.2f} ({low:.2f} to {high:.2f})")
    return "\n".join([*lines, f"backups in each round {found['backups']}; aim: {AIM}"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--rate", type=float, default=RATE)
    print(table(run(**vars(parser.parse_args()))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
