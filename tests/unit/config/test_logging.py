import json
import logging
import os
import sys
import threading

import pytest
import structlog

from config.logging import LibraryHandler, LineWriter, configure
from core import context
from core.errors import NotFoundError

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def lines(capfd):
    """Logging as a process sets it up; answers with the parsed lines written so far."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    handlers, level = root.handlers[:], root.level
    configure("worker", "INFO")
    yield lambda: [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks


def fail():
    try:
        {}["cause"]
    except KeyError as error:
        raise NotFoundError("no such project") from error


def test_a_line_has_event_level_time_and_process(lines):
    structlog.get_logger().info("inbox.drained", rows=3)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "inbox.drained",
        "rows": 3,
        "level": "info",
        "process": "worker",
        "pid": os.getpid(),
    }


def test_the_context_is_on_the_line_and_a_named_value_wins(lines):
    with context.bound(request_id="r1", component="cart"):
        structlog.get_logger().info("a.b", component="till")
    (line,) = lines()
    assert (line["request_id"], line["component"]) == ("r1", "till")


def test_lower_levels_are_not_written(lines):
    structlog.get_logger().debug("a.b")
    logging.getLogger("some.library").debug("no")
    assert lines() == []


def test_an_exception_is_a_structure_with_its_cause_and_code(lines):
    try:
        fail()
    except NotFoundError:
        structlog.get_logger().exception("project.lookup_failed")
    (line,) = lines()
    assert line["code"] == "ML-REF-0001"
    assert [step["exc_type"] for step in line["exception"]] == ["NotFoundError", "KeyError"]
    assert line["exception"][0]["frames"][-1]["name"] == "fail"


def test_an_exception_group_keeps_its_members(lines):
    group = ExceptionGroup("both", [ValueError("a"), OSError("b")])
    structlog.get_logger().error("batch.failed", exc_info=group)
    (line,) = lines()
    members = line["exception"][0]["exceptions"]
    assert [member[0]["exc_type"] for member in members] == ["ValueError", "OSError"]


def test_library_records_come_through_the_same_pipeline(lines):
    logging.getLogger("urllib3").warning("retrying %s", "postgresql://u:hunter2@db/x")
    (line,) = lines()
    assert (line["event"], line["logger"], line["level"]) == (
        "library.logged",
        "urllib3",
        "warning",
    )
    assert "hunter2" not in line["message"]


def test_a_record_whose_arguments_do_not_fit_is_still_a_line(lines):
    record = logging.LogRecord("x", 35, __file__, 1, "%d of them", ("many",), None)
    LibraryHandler().emit(record)
    (line,) = lines()
    assert (line["message"], line["level"]) == ("%d of them", "warning")


def test_secrets_are_masked_by_name_and_by_shape_at_any_depth(lines):
    structlog.get_logger().info(
        "a.b", password="hunter2", path=f"/k/{SECRET}/api/errors", deep={"x": [f"Bearer {SECRET}"]}
    )
    (line,) = lines()
    assert SECRET not in json.dumps(line)
    assert line["password"] == "[masked]"


def test_values_that_json_does_not_know_do_not_lose_the_line(lines):
    structlog.get_logger().info("a.b", surrogate="\ud800", huge=2**80, thing={1, 2})
    (line,) = lines()
    assert line["huge"] == 2**80
    assert line["thing"] == "{1, 2}"


def test_a_crash_and_a_crashed_thread_are_lines(lines):
    sys.excepthook(ValueError, ValueError("top"), None)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    found = lines()
    assert [line["event"] for line in found] == ["process.crashed", "process.crashed"]
    assert found[1]["exception"][0]["exc_type"] == "NotFoundError"


def test_a_reader_that_is_gone_does_not_raise():
    reading, writing = os.pipe()
    os.close(reading)
    LineWriter(writing).info(b"{}\n")
    os.close(writing)
