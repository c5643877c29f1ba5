import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from cli.main import mendline
from config.effective import Source, effective
from config.settings import Settings

WRONG_USE = 2


@pytest.mark.parametrize("command", [["run"], ["config", "show"], ["run", "--port", "0"]])
def test_a_setting_that_cannot_be_used_is_told_by_its_name(command, tmp_path, monkeypatch):
    monkeypatch.setenv("MENDLINE_LOG_LEVEL", "loud")

    result = CliRunner().invoke(mendline, [*command, "--data-dir", str(tmp_path)])

    assert result.exit_code == WRONG_USE
    assert "log_level" in result.output
    assert "Traceback" not in result.output


ABSURD = [
    ("RETENTION_DAYS", "1000000"),
    ("ROLLUP_DAYS", "999999999"),
    ("LOG_DAYS", "3000000"),
    ("PARTITION_DAYS_AHEAD", "100000"),
    ("MAINTENANCE_PATIENCE_HOURS", "inf"),
    ("MAINTENANCE_WINDOW", "at night"),
    ("MAINTENANCE_WINDOW", "22:00+02:00-05:30"),
    ("MAINTENANCE_WINDOW", "22:00Z-05:30Z"),
    ("PORT", "70000"),
    ("FLOWER_PORT", "-1"),
    ("MAX_EVENT_BYTES", "0"),
    ("MEMORY_CRITICAL", "0.5"),
    ("CORS_ORIGINS", "https://console.example"),
    ("BROKERS", '{"shop": "redis://:geheim@shop"'),
    ("BROKERS", '{"shop": ["redis://:geheim@shop"]}'),
]


@pytest.mark.parametrize(("name", "value"), ABSURD)
def test_a_value_that_makes_no_sense_is_told_with_the_name_of_its_setting(
    name, value, tmp_path, monkeypatch
):
    monkeypatch.setenv(f"MENDLINE_{name}", value)

    result = CliRunner().invoke(mendline, ["config", "show", "--data-dir", str(tmp_path)])

    assert result.exit_code == WRONG_USE
    assert name.lower() in result.output
    assert "geheim" not in result.output


@pytest.mark.parametrize("content", [None, "port = [", 'port = "\xff"'])
@pytest.mark.parametrize("command", [["run"], ["config", "show"]])
def test_a_file_of_settings_that_cannot_be_read_is_never_passed_over(
    command, content, tmp_path, monkeypatch, capfd
):
    file = tmp_path / "mendline.toml"
    if content is not None:
        file.write_bytes(content.encode("latin-1"))
    monkeypatch.setenv("MENDLINE_CONFIG", str(file))

    result = CliRunner().invoke(mendline, [*command, "--data-dir", str(tmp_path / "data")])

    told = result.output + capfd.readouterr().err
    assert result.exit_code == 1
    assert "MENDLINE_CONFIG" in told
    assert str(file) in told
    assert "Traceback" not in told
    assert not (tmp_path / "data").exists()


def test_what_is_wrong_with_settings_never_shows_what_they_hold(monkeypatch):
    monkeypatch.setenv("MENDLINE_BROKERS", '{"shop": ["redis://:geheim@shop"]}')
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert "brokers" in str(caught.value)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("content", ["", '{"admin_key": "x', "[1]", "7"])
@pytest.mark.parametrize("command", [["run"], ["config", "show"]])
def test_a_damaged_file_of_credentials_is_told(command, content, tmp_path, capfd):
    (tmp_path / "credentials.json").write_text(content)

    result = CliRunner().invoke(mendline, [*command, "--data-dir", str(tmp_path)])

    told = result.output + capfd.readouterr().err
    assert result.exit_code == 1
    assert "credentials.json is damaged" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("name", ["DATABASE_URL", "PORT", "CORS_ORIGINS", "BACKUP_KEY_FILE"])
def test_a_variable_without_a_value_is_as_none(name, monkeypatch):
    monkeypatch.setenv(f"MENDLINE_{name}", "")
    found = Settings()
    assert getattr(found, name.lower()) == Settings.model_fields[name.lower()].default
    row = next(each for each in effective(found, found) if each.name == name.lower())
    assert row.source is Source.DEFAULT
