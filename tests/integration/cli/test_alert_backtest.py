from datetime import timedelta

import pytest

from core.clock import SystemClock
from core.store import components

RULES = """
rules:
  - name: Bursts
    measure: component.errors
    over: 5m
    above: 20
"""
MINUTE = timedelta(minutes=1)


@pytest.fixture
def file(tmp_path, database, project):
    now = SystemClock().now().replace(second=0, microsecond=0)
    with database.transaction() as session:
        rows = [
            (
                components.Slot(project.id, name, now - (40 - place) * MINUTE),
                components.Delta(events=10),
            )
            for name in ("cart", "mail")
            for place in range(8)
        ]
        components.add(session, rows)
    written = tmp_path / "rules.yaml"
    written.write_text(RULES)
    return written


def test_a_file_is_played(run, file):
    result = run("alert", "backtest", file, "--last", "2h")
    assert result.exit_code == 0, result.output
    assert "Would have fired twice in 2 hours; 2 told." in result.stdout
    assert "component=cart" in result.stdout


def test_with_a_silence(ask, file):
    found = ask("alert", "backtest", file, "--last", "2h", "--silence", "component=cart")
    assert (found["fired"], found["told"]) == (2, 1)
    assert found["verdicts"] == {"told": 1, "silenced": 1}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["nothing"], 1, "neither a file nor a rule"),
        (["--last", "soon", "nothing"], 2, "no number"),
        (["--silence", "cart", "nothing"], 2, "no matcher"),
    ],
)
def test_what_does_not_work(run, arguments, code, told):
    result = run("alert", "backtest", *arguments)
    assert result.exit_code == code
    assert told in result.output
