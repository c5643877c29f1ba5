"""`python -m tests.chaos.alerts`: nobody is left untold while everything is killed.

Fifty kills, or with `--kills 0` none, which measures how fast a crossed threshold is delivered.
Writes reports/alerts.json, alerts.md and the platform's alerts.log. Exits 1 if a promise is broken.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.chaos.alerts import drill
from tests.chaos.alerts.report import markdown

# Without kills it is the platform's own speed that counts.
TROUBLE, SLOW = 0.1, 0.4


def main():
    options = _options()
    plan = drill.Plan(
        kills=options.kills,
        crossings=options.crossings,
        rate=options.rate,
        pause=options.pause,
        trouble=(TROUBLE if options.kills else 0.0) if options.trouble is None else options.trouble,
        slow=SLOW if options.kills else 0.0,
        seed=options.seed,
    )
    options.output.parent.mkdir(exist_ok=True, parents=True)
    with tempfile.TemporaryDirectory(prefix="mendline-alerts-") as scratch:
        outcome = drill.run(plan, Path(scratch), options.output.with_suffix(".log"))
    options.output.with_suffix(".json").write_text(json.dumps(outcome.plain(), indent=1))
    options.output.with_suffix(".md").write_text(markdown(outcome))
    print(markdown(outcome))  # noqa: T201
    return 1 if outcome.broken else 0


def _options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--crossings", type=int, default=120, help="at the least")
    parser.add_argument("--rate", type=float, default=1.0, help="crossings a second")
    parser.add_argument("--pause", type=float, default=4.0, help="seconds between two kills")
    parser.add_argument("--trouble", type=float, help="share of requests that go wrong")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", type=Path, default=Path("reports/alerts"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
