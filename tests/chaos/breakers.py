"""`python -m tests.chaos.breakers`: 10,000 callers of a flapping server, each behind one breaker.

Eight processes call it at once. Writes reports/breakers.json and exits 1 if a promise is broken: a
call passed while the breaker was open, another number of probes than is permitted, later open than
one window, or later back in traffic than one reset time. A probe that was under way when the server
became well may have failed still, so the reset time counts from the end of a probe.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from core.store import schema
from tests.integration.core.resilience.flapping import PROBE_SECONDS
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.embedded.server import running

FLAPPING = "tests.integration.core.resilience.flapping"
REPORT = Path("reports/breakers.json")
ROOT = Path(__file__).parents[2]
PROBES = 3


def run(options):
    shape = {
        "processes": options.processes,
        "calls": options.callers // options.processes,
        "rounds": options.rounds,
        "phase": options.phase,
        "reset": options.reset,
        "window": options.window,
        "latency": options.latency,
        "probes": PROBES,
        "pause": 2,
        "warm": 4,
    }
    with tempfile.TemporaryDirectory(prefix="mendline-chaos-") as folder:
        stores = (EmbeddedPostgres(Path(folder) / "pg"), EmbeddedRedis(Path(folder) / "redis"))
        with running(stores[0]) as database, running(stores[1]) as cache:
            schema.upgrade(database)
            told = {"database": database, "redis": cache, **shape}
            done = subprocess.run(
                [sys.executable, "-m", FLAPPING, *(f"--{k}={v}" for k, v in told.items())],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                check=True,
            )
    return {"shape": shape, **json.loads(done.stdout)}


def broken(found):
    """The promises that were not kept, in words."""
    shape = found["shape"]
    late = found["while_open"]
    if late["calls"]:
        yield f"{late['calls']} calls began while it was open, {late['latest_seconds']:.3f} s late"
    probes = {each["probes"] for each in found["episodes"]}
    if probes - {PROBES}:
        yield f"half-open times had {sorted(probes)} probes instead of {PROBES}"
    if not found["episodes"] or found["last"] != "closed":
        yield f"it ended {found['last']} after {len(found['episodes'])} half-open times"
    for seconds in found["opened_after"]:
        if seconds is None or seconds > shape["window"]:
            yield f"it opened after {seconds} s; a window has {shape['window']} s"
    for seconds in found["in_traffic_after"]:
        if seconds is None or seconds > shape["reset"] + PROBE_SECONDS:
            yield f"back in traffic after {seconds} s; the reset time is {shape['reset']} s"


def main():
    options = parsed()
    found = run(options)
    found["broken"] = list(broken(found))
    options.output.parent.mkdir(exist_ok=True, parents=True)
    options.output.write_text(json.dumps(found, indent=2))
    print(json.dumps(found, indent=2))  # noqa: T201
    return 1 if found["broken"] else 0


def parsed():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=10_000, help="at once, in all processes")
    for name, usual in (("processes", 8), ("rounds", 2)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    times = {"phase": 12.0, "reset": 4.0, "window": 6.0, "latency": 3.0}
    for name, seconds in times.items():
        parser.add_argument(f"--{name}", type=float, default=seconds, help="seconds")
    parser.add_argument("--output", type=Path, default=REPORT)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
