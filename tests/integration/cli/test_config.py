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
