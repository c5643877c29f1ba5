"""`make bench`: every benchmark, tables on standard output, figures in reports/bench.json."""

import argparse
import importlib
import json
import os
import platform
import sys
from pathlib import Path

BENCHMARKS = (
    "analysis",
    "intake",
    "digest",
    "answer",
    "tasks",
    "consumer",
    "dispatcher",
    "burst",
    "critical",
    "backup",
    "backup_intake",
    "breaker",
    "alerts",
    "storm",
    "end_to_end",
    "patterns",
)


def machine():
    return {
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(BENCHMARKS)}; all by default")
    parser.epilog = "analysis: fingerprint and class of 13.5 KB events, events/s a core (CPU time)."
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    report = Path("reports/bench.json")
    report.parent.mkdir(exist_ok=True)
    found = json.loads(report.read_text()) if report.is_file() else {}
    found["machine"] = machine()
    for name in options.names or BENCHMARKS:
        module = importlib.import_module(f"tests.benchmarks.{name}")
        print(f"\n== {name}: {module.__doc__.splitlines()[0]}", flush=True)
        found[name] = module.run()
        print(module.table(found[name]), flush=True)
        report.write_text(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
