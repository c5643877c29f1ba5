"""What the pages on routing and silences tell people to write and to type."""

import re
import shlex
from pathlib import Path

import pytest

from config import alerting, alerts

PAGES = Path(__file__).resolve().parents[3] / "docs" / "howto"
ROUTING = (PAGES / "alert-routing.md").read_text("utf-8")
SILENCES = (PAGES / "silences.md").read_text("utf-8")


@pytest.mark.parametrize("text", re.findall(r"```yaml\n(.*?)```", ROUTING, re.DOTALL))
def test_the_files_of_the_page_have_no_mistake(text):
    assert alerting.problems(text) == ()
    assert alerts.read_text(text).problems == ()


def test_the_commands_of_the_page_do_what_they_say(run, make_issue):
    make_issue(id=42)
    for line in re.findall(r"^\$ mendline (silence .*)$", SILENCES, re.MULTILINE):
        result = run(*shlex.split(line))
        assert result.exit_code == 0, (line, result.output)
