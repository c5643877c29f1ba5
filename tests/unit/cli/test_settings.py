import pytest
from click.testing import CliRunner

from cli.main import mendline

WRONG_USE = 2


@pytest.mark.parametrize("command", [["run"], ["config", "show"], ["run", "--port", "0"]])
def test_a_setting_that_cannot_be_used_is_told_by_its_name(command, tmp_path, monkeypatch):
    monkeypatch.setenv("MENDLINE_LOG_LEVEL", "loud")

    result = CliRunner().invoke(mendline, [*command, "--data-dir", str(tmp_path)])

    assert result.exit_code == WRONG_USE
    assert "log_level" in result.output
    assert "Traceback" not in result.output


def test_a_window_that_is_none_keeps_the_platform_from_its_start(tmp_path, monkeypatch):
    monkeypatch.setenv("MENDLINE_MAINTENANCE_WINDOW", "night")
    result = CliRunner().invoke(mendline, ["run", "--data-dir", str(tmp_path)])
    assert (result.exit_code, "22:00-05:30" in result.output) == (1, True)
