import json
from datetime import UTC, datetime

import pytest

from cli import output
from core.issues.states import Status

ROW = {
    "id": "1",
    "title": "KeyError: [red]'a'\n",
    "open": True,
    "status": Status.RESOLVED,
    "seen_at": datetime(2026, 3, 1, 12, 0, 0, 5678, tzinfo=UTC),
    "rest": {"a": [1]},
    "none": None,
}
COLUMNS = tuple(ROW)


def test_json_has_whole_rows(capsys):
    output.print_rows([ROW], ("id",), as_json=True)
    (row,) = json.loads(capsys.readouterr().out)
    assert row == ROW | {"status": "resolved", "seen_at": "2026-03-01T12:00:00.005Z"}


def test_columns_stay_columns_whatever_is_in_them(capsys):
    output.print_rows([ROW], COLUMNS)
    head, line = capsys.readouterr().out.splitlines()
    assert head.split("\t") == [name.replace("_", " ") for name in COLUMNS]
    assert line.split("\t") == [
        "1", "KeyError: [red]'a' ", "yes", "resolved", "2026-03-01T12:00:00.005Z", '{"a":[1]}', "",
    ]  # fmt: skip


def test_a_terminal_gets_a_table_and_no_markup_from_data(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    output.print_rows([ROW], ("id", "title"))
    assert "KeyError: [red]'a'" in capsys.readouterr().out


def test_fields_stand_below_one_another(capsys):
    output.print_fields({"id": "1", "trace": "a\nb", "long_name": None})
    assert capsys.readouterr().out == "id:        1\ntrace:\na\nb\nlong_name:\n"


@pytest.mark.parametrize("rows", [[], [{}]])
def test_nothing_is_a_list_too(capsys, rows):
    output.print_rows(rows, ("id",), as_json=True)
    assert json.loads(capsys.readouterr().out) == rows
