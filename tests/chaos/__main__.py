"""`make chaos`: the drill at full scale; writes reports/chaos.json, exits 1 if anything is lost."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.acceptance.platform import running
from tests.chaos import drill


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--rate", type=float, default=200.0, help="events a second")
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between two hits")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, running(Path(scratch) / "data") as platform:
        outcome = drill.run(
            platform,
            seconds=options.seconds,
            rate=options.rate,
            pause=options.pause,
            seed=options.seed,
        )
    report = Path("reports/chaos.json")
    report.parent.mkdir(exist_ok=True)
    report.write_text(outcome.as_json)
    print(outcome.as_json)  # noqa: T201
    return 1 if outcome.lost or outcome.doubled or outcome.doctor else 0


if __name__ == "__main__":
    sys.exit(main())
