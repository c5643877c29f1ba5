import os
import subprocess
import sys

import pytest

from config import telemetry

COUNTING = """
from config import telemetry
telemetry.EVENTS_ACCEPTED.labels("envelope").inc(3)
telemetry.DIGEST_SECONDS.observe(0.3)
telemetry.QUEUE_DEPTH.labels("inbox").set(7)
"""


@pytest.fixture
def directory(tmp_path, monkeypatch):
    directory = telemetry.prepare(tmp_path)
    monkeypatch.setenv(telemetry.DIRECTORY_VARIABLE, str(directory))
    return directory


def count_in_a_process():
    subprocess.run([sys.executable, "-c", COUNTING], check=True, env=os.environ.copy())


def sample(name):
    lines = telemetry.render().decode().splitlines()
    return [float(line.split()[-1]) for line in lines if line.startswith(f"{name} ")]


def test_the_page_sums_over_processes_and_survives_their_end(directory):
    count_in_a_process()
    count_in_a_process()
    assert sample('mendline_events_accepted_total{kind="envelope"}') == [6.0]
    assert sample('mendline_queue_depth{queue="inbox"}') == [7.0]

    assert telemetry.reap(lambda pid: pid == os.getpid()) == 2

    assert sample('mendline_events_accepted_total{kind="envelope"}') == [6.0]
    assert sample('mendline_digest_batch_seconds_bucket{le="0.5"}') == [2.0]
    assert sample("mendline_digest_batch_seconds_sum") == [pytest.approx(0.6)]
    assert sample('mendline_queue_depth{queue="inbox"}') == []
    assert {file.name for file in directory.glob("*.db")} == {
        "counter_retired.db",
        "histogram_retired.db",
    }


def test_what_ends_later_is_folded_onto_what_ended_before(directory):
    for _ in range(2):
        count_in_a_process()
        telemetry.reap(lambda pid: False)
    assert sample('mendline_events_accepted_total{kind="envelope"}') == [6.0]


def test_preparing_again_forgets_the_counts_of_the_last_run(directory, tmp_path):
    count_in_a_process()
    assert telemetry.prepare(tmp_path) == directory
    assert list(directory.iterdir()) == []


def test_without_a_directory_the_process_shows_its_own_counts(monkeypatch):
    monkeypatch.delenv(telemetry.DIRECTORY_VARIABLE, raising=False)
    before = sample('mendline_events_rejected_total{reason="test"}') or [0.0]
    telemetry.EVENTS_REJECTED.labels("test").inc()
    assert sample('mendline_events_rejected_total{reason="test"}') == [before[0] + 1]
    assert telemetry.reap(lambda pid: False) == 0
