import errno
import stat

import pytest

from config import private
from core.errors import DiskFullError


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_is_for_its_owner_only(tmp_path):
    assert mode(private.private_folder(tmp_path / "a" / "b")) == 0o700


def test_a_folder_that_exists_keeps_its_mode(tmp_path):
    tmp_path.chmod(0o750)
    assert mode(private.private_folder(tmp_path)) == 0o750


@pytest.mark.parametrize("sync", [True, False])
def test_a_file_is_replaced_whole_and_stays_private(tmp_path, sync):
    path = tmp_path / "file"
    path.write_text("old and longer")
    path.chmod(0o644)
    private.write_private(path, "new", sync=sync)
    assert (path.read_text(), mode(path)) == ("new", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_a_secret_is_made_once(tmp_path):
    first = private.kept_secret(tmp_path / "secret")
    assert len(first) >= 32
    assert private.kept_secret(tmp_path / "secret") == first


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_has_its_own_error(tmp_path, code):
    with pytest.raises(DiskFullError, match="free some"), private.disk_errors(tmp_path):
        raise OSError(code, "full")


def test_other_failures_stay_what_they_are(tmp_path):
    with pytest.raises(PermissionError), private.disk_errors(tmp_path):
        raise PermissionError(errno.EACCES, "no")
