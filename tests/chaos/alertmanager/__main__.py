"""`python -m tests.chaos.alertmanager`: the same alerts told by the real Alertmanager and by ours.

Writes reports/alertmanager.json and reports/alertmanager.md. Exits 1 where they differ otherwise
than it is documented.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from core.clock import FixedClock
from core.store import schema
from core.store.engine import Database
from tests.chaos.alertmanager import ours, theirs
from tests.chaos.alertmanager.comparison import compare
from tests.chaos.alertmanager.scenarios import ALL
from tests.chaos.fault import ImpossibleError
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.server import running

HEAD = """# Notifications of Alertmanager and Mendline

| scenario | notifications | as they should be |
|---|---:|---|
"""


def main():
    options = _options()
    try:
        theirs.program()
    except ImpossibleError as error:
        print(f"Not possible on this machine: {error}.")  # noqa: T201
        return 0
    chosen = [each for each in ALL if not options.only or options.only in each.name]
    with tempfile.TemporaryDirectory(prefix="mendline-am-") as scratch:
        found = _compared(chosen, Path(scratch), options.unit)
    options.output.parent.mkdir(exist_ok=True, parents=True)
    plain = [each.plain() for each in found]
    options.output.with_suffix(".json").write_text(json.dumps(plain, indent=1))
    options.output.with_suffix(".md").write_text(markdown(found))
    print(markdown(found))  # noqa: T201
    return 1 if any(each.differences for each in found) else 0


def _options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="scenarios with this in their name")
    parser.add_argument("--unit", type=float, default=0.5, help="seconds of the real one's unit")
    parser.add_argument("--output", type=Path, default=Path("reports/alertmanager"))
    return parser.parse_args()


def _compared(scenarios, scratch, unit):
    server = EmbeddedPostgres(scratch / "postgres", durable=False)
    with running(server):
        url = server.ensure_database("mendline")
        schema.upgrade(url, clock=FixedClock(ours.BEGIN))
        database = Database(url)
        try:
            return compare(scenarios, database, scratch / "alertmanager", unit=unit)
        finally:
            database.dispose()


def markdown(found):
    lines = [HEAD.rstrip()]
    for each in found:
        same = "no" if each.differences else each.scenario.differs or "the same"
        lines.append(f"| {each.scenario.name} | {len(each.theirs)} | {same} |")
    for each in found:
        if each.differences:
            lines += ["", f"## {each.scenario.name}", "", *(f"- {d}" for d in each.differences)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
