import os
import stat

import pytest

from core.errors import ConflictError, DiskFullError
from workers.embedded import files


def test_the_lock_names_who_holds_it(tmp_path):
    path = tmp_path / "lock"
    with (
        files.locked(path, "one"),
        pytest.raises(ConflictError, match=f"one already runs.*{os.getpid()}"),
        files.locked(path, "one"),
    ):
        pass


def test_the_lock_is_free_again_afterwards(tmp_path):
    for _ in range(2):
        with files.locked(tmp_path / "lock", "one"):
            assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o600


def test_enough_space_is_enough(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LEAST_FREE_BYTES", 1)
    files.require_space(tmp_path)


def test_too_little_space_is_told_in_megabytes(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LEAST_FREE_BYTES", 2**60)
    with pytest.raises(DiskFullError, match=rf"{2**40} MB are needed"):
        files.require_space(tmp_path)
