from datetime import UTC, datetime, timedelta

import pytest

from core.intake.keys import Keys, Token, load, save

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEYS = Keys({"a" * 32: 1}, {"b" * 64: Token(None, NOON), "c" * 64: Token(1, None)}, [1, 2], 1)


def test_the_copy_comes_back(tmp_path):
    save(KEYS, tmp_path / "data" / "keys.json")
    assert load(tmp_path / "data" / "keys.json") == KEYS


def test_a_later_copy_replaces_it(tmp_path):
    file = tmp_path / "keys.json"
    save(KEYS, file)
    save(Keys(), file)
    assert load(file) == Keys()
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


def test_only_the_owner_may_read_it(tmp_path):
    save(KEYS, tmp_path / "keys.json")
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"projects": 5}', b"\xff"])
def test_a_damaged_copy_knows_no_keys(tmp_path, content):
    (tmp_path / "keys.json").write_bytes(content)
    assert load(tmp_path / "keys.json") == Keys()


def test_no_copy_knows_none(tmp_path):
    assert load(tmp_path / "keys.json") == Keys()
    assert load(tmp_path) == Keys()


@pytest.mark.parametrize(("hours", "valid"), [(-1, True), (0, False), (1, False)])
def test_keys_end(hours, valid):
    assert Token(1, NOON).valid(NOON + timedelta(hours=hours)) is valid
    assert Token(1, None).valid(NOON)
