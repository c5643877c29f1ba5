import pytest


def values(answer):
    return {row["name"]: (row["value"], row["source"]) for row in answer}


def test_each_value_has_its_source_and_no_secret_is_shown(ask, data_dir, monkeypatch, tmp_path):
    file = tmp_path / "mendline.toml"
    file.write_text("thin_keep = 7\nport = 1")
    (data_dir / "credentials.json").write_text('{"redis_url": "redis://:hunter2@localhost:1"}')
    monkeypatch.setenv("MENDLINE_CONFIG", str(file))
    monkeypatch.setenv("MENDLINE_PORT", "9000")
    monkeypatch.setenv("MENDLINE_SECRET_KEY", "hunter2")
    found = values(ask("config", "show"))
    assert found["port"] == (9000, "environment")
    assert found["thin_keep"] == (7, "file")
    assert found["redis_url"] == ("redis://:[masked]@localhost:1", "running platform")
    assert found["retention_days"] == (90, "default")
    assert "hunter2" not in str(found)


def test_an_argument_is_a_source_too(ask, tmp_path):
    found = values(ask("config", "show", "--data-dir", tmp_path))
    assert found["data_dir"] == (str(tmp_path), "argument")


def test_knowledge_of_ones_own_is_checked(run, tmp_path):
    (tmp_path / "solutions-shop.toml").write_text('[[solution]]\nid = "a"\n')
    result = run("config", "check", "--knowledge-dir", tmp_path)
    assert result.exit_code == 1
    assert "solutions-shop.toml, [[solution]] 1: needs title" in result.stderr


def test_a_mistyped_variable_is_named(run, monkeypatch):
    monkeypatch.setenv("MENDLINE_SPOOL_COLOUR", "red")
    assert "MENDLINE_SPOOL_COLOUR" in run("config", "check").stderr


def test_what_can_be_used_is_said(ask, run, monkeypatch, tmp_path):
    monkeypatch.setenv("MENDLINE_KNOWLEDGE_DIR", str(tmp_path))
    assert ask("config", "check") == {"files": [], "problems": []}
    assert run("config", "check").exit_code == 0


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MENDLINE_TRUSTED_PROXIES", "10.0.0.7", "are JSON"),
        ("MENDLINE_BROKERS", '{"shop":', "are JSON"),
    ],
)
def test_what_cannot_be_read_is_wrong_use_and_named(run, monkeypatch, name, value, said):
    monkeypatch.setenv(name, value)
    result = run("config", "show")
    assert (result.exit_code, said in result.stderr) == (2, True)
    assert name.removeprefix("MENDLINE_").lower() in result.stderr.lower()


def test_an_empty_variable_is_none(ask, monkeypatch):
    for name in ("MENDLINE_ALERTS_FILE", "MENDLINE_RETENTION_DAYS", "MENDLINE_REDIS_URL"):
        monkeypatch.setenv(name, "")
    found = values(ask("config", "show"))
    assert found["alerts_file"] == (None, "default")
    assert found["retention_days"] == (90, "default")
    assert found["redis_url"] == (None, "default")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("MENDLINE_DATABASE_URL", "hunter2"),
        ("MENDLINE_DATABASE_URL", "mysql://a:hunter2@db/x"),
        ("MENDLINE_DATABASE_URL", "postgresql://a:b@db:hunter2/x"),
        ("MENDLINE_REDIS_URL", "hunter2"),
        ("MENDLINE_REDIS_URL", "redis://:hunter2/b@cache:6379/0"),
    ],
)
def test_an_address_that_is_none_is_told_without_its_password(run, monkeypatch, name, address):
    monkeypatch.setenv(name, address)
    result = run("doctor")
    assert (result.exit_code in (1, 3), "ML-CONF-0001" in result.output) == (True, True)
    assert ("Traceback" in result.output, "hunter2" in result.output) == (False, False)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MENDLINE_BREAKERS_FILE", "/nowhere.toml", "/nowhere.toml"),
        ("MENDLINE_POOLS_FILE", "/nowhere.toml", "/nowhere.toml"),
        ("MENDLINE_CHANNELS_FILE", "/nowhere.toml", "/nowhere.toml"),
    ],
)
def test_what_would_keep_the_platform_from_its_work_is_told(run, monkeypatch, name, value, said):
    monkeypatch.setenv(name, value)
    result = run("config", "check")
    assert (result.exit_code, said in result.stderr) == (1, True)
