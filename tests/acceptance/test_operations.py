"""What an operator does at the shell of a running platform."""

import json

import httpx2
import pytest

from tests.acceptance.platform import eventually


@pytest.fixture(scope="module")
def demo(platform):
    result = platform.mendline("demo", "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def by_failure(demo):
    return {each["failure"]: each for each in demo["failures"]}


def test_every_failure_of_the_demo_is_found_and_classified(demo):
    assert len(by_failure(demo)) >= 12
    assert all(each["category"] and each["title"] for each in demo["failures"])


def test_the_same_failure_is_one_issue_and_different_ones_are_not(demo):
    issues = {each["failure"]: set() for each in demo["failures"]}
    for each in demo["failures"]:
        issues[each["failure"]].add(each["issue_id"])
    assert all(len(ids) == 1 for ids in issues.values())
    assert demo["issues"] == len(issues)


def test_what_passes_is_told_from_what_lasts(demo):
    found = by_failure(demo)
    passing = ("card_service_refuses", "carrier_does_not_answer", "card_service_is_overloaded")
    lasting = ("order_without_a_customer", "cart_is_none", "missing_field", "forgotten_migration")
    assert {name: found[name]["transient"] for name in passing} == dict.fromkeys(passing, True)
    assert {name: found[name]["transient"] for name in lasting} == dict.fromkeys(lasting, False)


def test_the_program_is_told_what_to_do(demo):
    assert {each["error"]: each["action"] for each in demo["reports"]}.keys() == {
        "ConnectionResetError",
        "HTTPError",
        "ValueError",
    }


def test_a_foreign_task_that_gave_up_is_a_dead_letter(demo, platform):
    (letter,) = demo["deadletters"]
    shown = platform.mendline("deadletter", "show", letter["id"], "--json")
    assert json.loads(shown.stdout)["arguments"] == {"args": [], "kwargs": {"order": 4711}}


def test_the_doctor_proves_the_books(demo, platform):
    result = platform.mendline("doctor", "--json")
    answer = json.loads(result.stdout)
    assert (result.returncode, answer["healthy"]) == (0, True), answer["checks"]
    assert answer["books"]["accepted"] >= len(demo["failures"]) + len(demo["reports"])


METRICS = (
    "mendline_events_accepted_total",
    "mendline_events_digested_total",
    "mendline_digest_lag_seconds",
    "mendline_digest_batch_seconds_count",
    "mendline_http_request_seconds_count",
    "mendline_task_seconds_count",
    "mendline_pool_processes",
    "mendline_queue_depth",
    "mendline_queue_oldest_seconds",
    "mendline_deadletters_open",
    "mendline_partition_days_ahead",
    "mendline_spool_bytes",
)


def test_the_metrics_of_all_processes_are_one_page(demo, api):
    def missing():
        page = api.get("/metrics").text
        return [name for name in METRICS if f"\n{name}" not in page]

    eventually(lambda: not missing(), within=60)


def test_flower_asks_for_its_password(platform):
    known = platform.credentials
    url = platform.ready["flower"]
    assert httpx2.get(f"{url}/metrics").status_code == 401
    auth = (known["flower_user"], known["flower_password"])
    assert httpx2.get(f"{url}/workers", auth=auth).status_code == 200


def test_every_process_logs_lines_that_programs_can_read(demo, platform):
    lines = [line.partition("| ") for line in platform.log().splitlines()]
    ours = [json.loads(text) for name, bar, text in lines if bar and text.startswith("{")]
    assert {line["process"] for line in ours} >= {"fleet", "flower"}
    assert all({"event", "level", "timestamp", "pid"} <= line.keys() for line in ours)
    assert platform.credentials["admin_key"] not in platform.log()
    assert platform.dsn_key not in platform.log()


def test_the_demo_reads_well(platform):
    result = platform.mendline("demo")
    assert "failures became" in result.stdout
    assert "shop.send_receipt" in result.stdout


def test_the_demo_needs_a_platform(platform, tmp_path):
    result = platform.mendline("demo", "--data-dir", str(tmp_path))
    assert (result.returncode, "mendline run" in result.stderr) == (3, True)
