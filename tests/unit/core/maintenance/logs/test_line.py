from datetime import UTC, datetime, timedelta

import orjson
import pytest

from core.maintenance.logs.line import LONGEST_TEXT, Shape

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHAPE = Shape("web-1", frozenset({"password", "token"}))


def row(**values):
    return SHAPE.row(orjson.dumps(values), NOW)


def test_known_fields_have_columns_and_the_rest_stays_together():
    found = row(
        timestamp="2026-03-01T11:59:58.25Z",
        level="warning",
        event="task.failed",
        process="api",
        pid=7,
        task="analysis.digest",
        request_id="abc",
        project_id="12",
        attempts=3,
    )
    assert found.at == NOW - timedelta(seconds=1.75)
    assert (found.level, found.event, found.process) == (30, "task.failed", "api")
    assert (found.task, found.request_id, found.project_id) == ("analysis.digest", "abc", 12)
    assert (found.host, found.pid, found.fields) == ("web-1", 7, '{"attempts":3}')


def test_secrets_are_hidden_at_any_depth():
    found = row(event="x", sent={"headers": [{"Token": "s3cret", "kept": 1}]})
    assert "s3cret" not in found.fields
    assert '"kept":1' in found.fields


@pytest.mark.parametrize("line", [b"plain words\n", b"[1, 2]", b'{"event": "cut of', b"\xff\xfe"])
def test_what_is_no_object_is_kept_as_text(line):
    found = SHAPE.row(line, NOW)
    assert (found.event, found.at) == ("line.plain", NOW)
    assert orjson.loads(found.fields)["text"] == line.decode(errors="replace").strip()


@pytest.mark.parametrize("stamp", [None, "soon", "2026-03-01T11:00:00", "1999-01-01T00:00:00Z"])
def test_a_moment_that_cannot_be_right_is_ours(stamp):
    assert row(timestamp=stamp).at == NOW


def test_values_that_no_column_takes_harm_nothing():
    found = row(event="a\0b", project_id="9" * 30, pid=2**40, text="x" * 20_000)
    assert "\0" not in found.event
    assert (found.project_id, found.pid) == (None, 0)
    assert len(found.fields) < LONGEST_TEXT + 100
