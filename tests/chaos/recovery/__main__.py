"""`make recovery-bench`: faults in a sample application, and what became of them.

Writes reports/recovery.json and reports/recovery.md. Exits 1 if a promise is broken.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.chaos.recovery import faults, suite
from tests.chaos.recovery.fault import RECOVERABLE
from tests.chaos.recovery.ground import ground
from tests.chaos.recovery.lasting import LASTING
from tests.chaos.recovery.outcome import Outcome, markdown

assert faults.__all__


def main():
    options = _options()
    chosen = [each for each in RECOVERABLE if _wanted(each.name, options.only)]
    lasting = [each for each in LASTING if _wanted(each.name, options.only)]
    outcome = Outcome(whole=not options.only)
    with (
        tempfile.TemporaryDirectory(prefix="mendline-recovery-") as scratch,
        ground(Path(options.folder or scratch)) as place,
    ):
        outcome.left = suite.left(place, lasting)
        outcome.mended = suite.mended(place, chosen, at_once=options.at_once)
    options.output.parent.mkdir(exist_ok=True, parents=True)
    options.output.with_suffix(".json").write_text(json.dumps(outcome.plain(), indent=1))
    options.output.with_suffix(".md").write_text(markdown(outcome))
    print(markdown(outcome))  # noqa: T201
    return 1 if outcome.broken else 0


def _options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="names of faults, with commas")
    parser.add_argument("--at-once", type=int, default=4, help="families at the same time")
    parser.add_argument("--folder", type=Path, help="where its servers work; left as it is after")
    parser.add_argument(
        "--output", type=Path, default=Path("reports/recovery"), help="without suffix"
    )
    return parser.parse_args()


def _wanted(name, only):
    return not only or name in only.split(",")


if __name__ == "__main__":
    sys.exit(main())
