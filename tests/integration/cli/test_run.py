"""What `mendline run` refuses before it starts anything."""

import socket


def test_unknown_processes_are_wrong_use(run):
    result = run("run", "--processes", "fleet,nonsense")
    assert result.exit_code == 2
    assert "nonsense" in result.stderr
    assert "worker-ingest" in result.stderr


def test_a_taken_port_is_told_before_anything_starts(run, data_dir):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("run", "--port", taken.getsockname()[1])
    assert result.exit_code == 1
    assert "taken" in result.stderr
    assert not (data_dir / "postgres").exists()


def test_declarations_for_recovery_that_cannot_be_used_are_told(
    run, data_dir, tmp_path, monkeypatch
):
    file = tmp_path / "actions.toml"
    file.write_text('[commands.restart]\nargv = ["systemctl"]\n')
    file.chmod(0o600)
    monkeypatch.setenv("MENDLINE_ACTIONS_FILE", str(file))
    result = run("run")
    assert result.exit_code == 1
    assert "commands.restart" in result.stderr
    assert not (data_dir / "postgres").exists()
