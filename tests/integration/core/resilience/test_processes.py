import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
MODULE = "tests.integration.core.resilience.flapping"
RESET, WINDOW = 0.5, 2.0


@pytest.fixture(scope="module")
def found(databases, redis_server):
    options = {
        "processes": 4,
        "calls": 10,
        "rounds": 1,
        "phase": 2.5,
        "reset": RESET,
        "window": WINDOW,
        "latency": 0.1,
        "warm": 1.5,
    }
    with databases.lent() as url:
        given = [f"--{name}={value}" for name, value in options.items()]
        done = subprocess.run(
            [sys.executable, "-m", MODULE, f"--database={url}", f"--redis={redis_server}", *given],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_exactly_the_permitted_probes_among_all_processes(found):
    assert found["episodes"][-1]["ended"] == "closed"
    assert {each["probes"] for each in found["episodes"]} == {3}


def test_it_opens_within_one_window(found):
    assert all(0 <= seconds <= WINDOW for seconds in found["opened_after"])


def test_traffic_is_back_about_one_reset_time_after_it_is_well(found):
    assert found["last"] == "closed"
    assert all(0 <= seconds <= 2 * RESET for seconds in found["closed_after"])


def test_no_call_passes_while_it_is_open(found):
    assert found["while_open"] == {"calls": 0, "latest_seconds": 0.0}
    assert found["calls"]["refused"] > 0
