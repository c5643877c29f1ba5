import json
import re
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


# It would set the clipboard, clear the screen, and (as one character of ISO 8859) colour the rest.
NASTY = "a\x1b]52;c;aGk=\x07b\x1b[2Jc\x9b31md\x7fe"
SHOWN = r"a\x1b]52;c;aGk=\x07b\x1b[2Jc\x9b31md\x7fe"


@pytest.mark.parametrize("terminal", [True, False])
def test_what_a_terminal_would_obey_is_shown_instead(capsys, monkeypatch, terminal):
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal)
    monkeypatch.setenv("COLUMNS", "200")
    output.print_rows([{"title": NASTY}], ("title",))
    output.print_fields({"title": NASTY})
    output.say(NASTY)
    assert capsys.readouterr().out.count(SHOWN) == 3


@pytest.mark.parametrize("printing", [output.print_json, output.print_fields])
def test_nor_does_json_hold_it(capsys, printing):
    printing({"title": [NASTY]})
    out = capsys.readouterr().out
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", out)
    assert "\\u009b" in out


def test_json_with_it_is_read_back_as_it_was(capsys):
    output.print_json({"title": NASTY})
    assert json.loads(capsys.readouterr().out) == {"title": NASTY}


def test_lines_of_windows_end_as_all_others():
    assert output.printable("a\r\nb\tc\r") == "a\nb\tc\\x0d"
