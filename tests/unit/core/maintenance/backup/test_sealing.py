import io

import pytest

from core.maintenance.backup.problems import DamagedBackupError, KeyFileError, WrongKeyError
from core.maintenance.backup.sealing import CHUNK, HEAD, TAG, Key, new_key, seal, unseal

KEY = Key(b"k" * 32)


def opened(sealed, key=KEY):
    return b"".join(unseal(io.BytesIO(sealed).read, key))


def sealed(*chunks):
    return b"".join(seal(chunks, KEY))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_what_was_sealed_comes_back(size):
    plain = bytes(range(256)) * (size // 256 + 1)
    assert opened(sealed(plain[:size])) == plain[:size]


def test_pieces_of_any_size_make_the_same_plain_text():
    assert opened(sealed(b"ab", b"", b"c" * CHUNK, b"d")) == b"ab" + b"c" * CHUNK + b"d"


def test_the_same_text_is_never_sealed_alike():
    assert sealed(b"same") != sealed(b"same")


def test_the_text_and_the_key_are_not_in_it():
    found = sealed(b"password=hunter2" * 10)
    assert b"hunter2" not in found
    assert KEY.secret not in found


@pytest.mark.parametrize("place", [HEAD - 1, HEAD, HEAD + 5, HEAD + CHUNK + TAG + 3, -1])
def test_a_flipped_byte_is_found(place):
    found = bytearray(sealed(b"x" * (CHUNK + 100)))
    found[place] ^= 1
    with pytest.raises(DamagedBackupError):
        opened(bytes(found))


def test_a_lost_end_is_found():
    found = sealed(b"x" * (2 * CHUNK))
    with pytest.raises(DamagedBackupError, match="cut off"):
        opened(found[: HEAD + CHUNK + TAG])


def test_exchanged_chunks_are_found():
    found = sealed(b"x" * CHUNK + b"y" * CHUNK + b"z")
    first, second = HEAD + CHUNK + TAG, HEAD + 2 * (CHUNK + TAG)
    with pytest.raises(DamagedBackupError):
        opened(found[:HEAD] + found[first:second] + found[HEAD:first] + found[second:])


def test_another_key_is_told_before_anything_is_read():
    with pytest.raises(WrongKeyError, match="another key"):
        opened(sealed(b"x"), Key(b"o" * 32))
    with pytest.raises(WrongKeyError, match="--key-file"):
        opened(sealed(b"x"), None)


def test_a_key_file_is_read_back(tmp_path):
    file = tmp_path / "key"
    file.write_text(new_key())
    assert len(Key.read(file).secret) == 32
    assert "secret" not in repr(Key.read(file))


@pytest.mark.parametrize("content", ["", "short", "a" * 44, "not base64 at all!"])
def test_what_is_no_key_file_is_refused(tmp_path, content):
    file = tmp_path / "key"
    file.write_text(content)
    with pytest.raises(KeyFileError):
        Key.read(file)


def test_a_missing_key_file_is_told(tmp_path):
    with pytest.raises(KeyFileError, match="cannot be read"):
        Key.read(tmp_path / "none")
