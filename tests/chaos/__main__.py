"""`make chaos`: scenarios at full scale; writes reports/chaos.json and .md, or chaos-rabbitmq.

Without arguments: everything is killed a hundred times while ten thousand pieces of work are done.
Exits 1 if a promise is broken.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.chaos import drill, report, scenarios
from tests.chaos.outcome import as_json

MAIN = "everything-killed"
REPORTS = Path("reports")


def main():
    options = _options()
    names = list(scenarios.ALL) if options.scenario == "all" else options.scenario.split(",")
    outcomes = []
    for name in names:
        outcomes.append(_run(_adjusted(scenarios.ALL[name], options)))
        _write(outcomes, options.output)
    print(report.markdown(outcomes))  # noqa: T201
    return 1 if any(outcome.broken for outcome in outcomes) else 0


def _options():
    parser = argparse.ArgumentParser(description=__doc__)
    known = ", ".join([*scenarios.ALL, "all"])
    parser.add_argument("--scenario", default=MAIN, help=f"one or more, with commas: {known}")
    parser.add_argument(
        "--broker", help="other than Redis: `rabbitmq` starts one, amqp://… is used"
    )
    parser.add_argument("--items", type=int, help="pieces of work")
    parser.add_argument("--rate", type=float, help="events a second")
    parser.add_argument("--hits", type=int, help="faults of a scenario that draws them")
    parser.add_argument("--seconds", type=float, help="instead of --hits: as many as fit into it")
    parser.add_argument("--pause", type=float, help="seconds between two hits")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--output", type=Path, help="without suffix")
    options = parser.parse_args()
    options.output = options.output or REPORTS / ("chaos-rabbitmq" if options.broker else "chaos")
    return options


def _adjusted(scenario, options):
    pressure = scenario.pressure
    if options.items and pressure.items:
        pressure = replace(pressure, items=options.items)
    if options.rate:
        pressure = replace(pressure, event_rate=options.rate)
    pause = options.pause or scenario.pause
    hits = scenario.hits
    if hits:
        hits = round(options.seconds / pause) if options.seconds else options.hits or hits
    changes = {"pressure": pressure, "pause": pause, "hits": hits, "seed": options.seed}
    return scenarios.on(replace(scenario, **changes), options.broker)


def _run(scenario):
    with tempfile.TemporaryDirectory(prefix="mendline-chaos-") as scratch:
        return drill.run(scenario, Path(scratch))


def _write(outcomes, path):
    path.parent.mkdir(exist_ok=True, parents=True)
    path.with_suffix(".json").write_text(as_json(outcomes))
    path.with_suffix(".md").write_text(report.markdown(outcomes))


if __name__ == "__main__":
    sys.exit(main())
