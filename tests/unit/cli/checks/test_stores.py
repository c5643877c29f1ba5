from types import SimpleNamespace

import pytest

from cli.checks import stores
from cli.checks.finding import State
from config.settings import Settings

GB = 2**30


@pytest.mark.parametrize(
    ("free", "state"), [(50 * GB, State.OK), (5 * GB, State.NOTE), (GB // 4, State.WRONG)]
)
def test_a_disk_that_fills_up_is_told_in_time(monkeypatch, tmp_path, free, state):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(total=100 * GB, free=free))
    found = stores.disk(Settings(data_dir=tmp_path / "not" / "made" / "yet"))
    assert found.state is state
