import io

import orjson
import pytest
import zstandard

from core.maintenance.exchange.format import (
    DamagedExportError,
    NewerExportError,
    NotAnExportError,
    Reader,
    Writer,
)


def written(*rows):
    file = io.BytesIO()
    writer = Writer(file, {"project": {"name": "shop"}})
    for number in rows:
        writer.row("thing", {"number": number})
    writer.finish()
    return file.getvalue()


def read(content):
    reader = Reader(io.BytesIO(content))
    return [row["number"] for _, row in reader.rows()]


def packed(*lines):
    return zstandard.compress(b"".join(orjson.dumps(line) + b"\n" for line in lines))


def test_rows_come_back_in_their_order():
    assert read(written(3, 1, 2)) == [3, 1, 2]
    assert Reader(io.BytesIO(written())).header["project"] == {"name": "shop"}


def test_reader_and_writer_agree_on_the_checksum():
    file = io.BytesIO()
    writer = Writer(file, {})
    checksum = writer.finish()
    reader = Reader(io.BytesIO(file.getvalue()))
    assert list(reader.rows()) == []
    assert reader.checksum == checksum


@pytest.mark.parametrize("content", [b"", b"plain text", packed({"a": 1})])
def test_other_files_are_told_apart(content):
    with pytest.raises(NotAnExportError):
        Reader(io.BytesIO(content))


def test_a_newer_file_is_told_apart():
    with pytest.raises(NewerExportError):
        Reader(io.BytesIO(packed({"format": "mendline-project", "version": 2})))


def test_every_cut_is_found():
    """But for the frame's own sum, its last four bytes: ours has been compared by then."""
    whole = written(*range(50))
    for end in range(len(whole) - 4):
        with pytest.raises((DamagedExportError, NotAnExportError)):
            read(whole[:end])


def test_a_flipped_byte_is_found_or_changes_nothing():
    whole = written(*range(50))
    found = 0
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x01
        try:
            assert read(bytes(damaged)) == list(range(50))
        except (DamagedExportError, NotAnExportError, NewerExportError):
            found += 1
    assert found > 0.95 * len(whole)


def test_what_comes_after_the_end_is_found():
    with pytest.raises(DamagedExportError):
        read(written(1) + b"more")
