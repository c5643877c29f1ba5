import gzip
import random
import tracemalloc
import zlib
from contextlib import suppress

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from core.errors import TooLargeError, UndecodableError
from core.intake.compression import (
    UnknownEncodingError,
    beginning,
    content_encoding,
    decompress,
    pack,
)
from core.intake.item import Encoding
from tests.unit.core.intake.samples import refusal

TEXT = b'{"message": "something went wrong"}' * 500


def raw_deflate(data):
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


def zstd_of_unknown_size(data):
    return zstandard.ZstdCompressor(write_content_size=False).compress(data)


FORMS = [
    (Encoding.IDENTITY, bytes),
    (Encoding.GZIP, gzip.compress),
    (Encoding.DEFLATE, zlib.compress),
    (Encoding.DEFLATE, raw_deflate),
    (Encoding.BROTLI, brotli.compress),
    (Encoding.ZSTD, zstandard.compress),
    (Encoding.ZSTD, zstd_of_unknown_size),
]
COMPRESSED = [form for form in FORMS if form[0] != Encoding.IDENTITY]


@pytest.mark.parametrize(("encoding", "compress"), FORMS)
@given(data=st.binary(min_size=1, max_size=2_000))
def test_what_was_compressed_comes_back(encoding, compress, data):
    assert decompress(encoding, compress(data), cap=2_000) == data


@pytest.mark.parametrize(("encoding", "compress"), FORMS)
def test_exactly_the_cap_is_allowed(encoding, compress):
    assert decompress(encoding, compress(TEXT), cap=len(TEXT)) == TEXT


@pytest.mark.parametrize(("encoding", "compress"), FORMS)
@pytest.mark.parametrize("cap", [0, 10, len(TEXT) - 1])
def test_more_than_the_cap_is_refused(encoding, compress, cap):
    with pytest.raises(TooLargeError):
        decompress(encoding, compress(TEXT), cap=cap)


@pytest.mark.parametrize(("encoding", "compress"), COMPRESSED)
def test_a_bomb_is_not_unpacked(encoding, compress):
    bomb = compress(bytes(5_000_000))
    assert len(bomb) < 100_000
    with pytest.raises(TooLargeError):
        decompress(encoding, bomb, cap=1_000)


@pytest.mark.parametrize(("encoding", "compress"), FORMS)
@pytest.mark.parametrize("most", [1, 100, len(TEXT) - 1, len(TEXT), len(TEXT) + 1])
def test_a_beginning_is_as_long_as_asked_for(encoding, compress, most):
    assert beginning(encoding, compress(TEXT), most=most) == TEXT[:most]


@pytest.mark.parametrize(("encoding", "compress"), COMPRESSED)
def test_of_a_bomb_only_the_beginning_is_unpacked(encoding, compress):
    bomb = compress(TEXT + bytes(50_000_000))
    tracemalloc.start()
    try:
        assert beginning(encoding, bomb, most=len(TEXT)) == TEXT
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("encoding", [form[0] for form in COMPRESSED])
@given(data=st.binary(max_size=200))
def test_the_beginning_of_any_bytes_is_found_or_refused(encoding, data):
    with suppress(UndecodableError):
        assert len(beginning(encoding, data, most=50)) <= 50


@pytest.mark.parametrize(("encoding", "compress"), COMPRESSED)
def test_a_cut_body_is_refused(encoding, compress):
    whole = compress(TEXT)
    with pytest.raises(UndecodableError):
        decompress(encoding, whole[: len(whole) // 2], cap=len(TEXT))


@pytest.mark.parametrize("encoding", [form[0] for form in COMPRESSED])
@given(data=st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(encoding, data):
    error = refusal(decompress, encoding, data, cap=10_000)
    assert error is None or error.http_status in {400, 413}


@pytest.mark.parametrize("size", [10, 131_100, 140_000, 200_000, -1])
@pytest.mark.parametrize("before", [b"", zstandard.compress(TEXT)])
def test_a_frame_of_several_blocks_is_refused_wherever_it_is_cut(size, before):
    whole = before + zstd_of_unknown_size(random.Random(0).randbytes(400_000))
    assert decompress(Encoding.ZSTD, whole, cap=500_000)
    with pytest.raises(UndecodableError, match="too early"):
        decompress(Encoding.ZSTD, whole[: len(before) + size if size > 0 else size], cap=500_000)


def test_thousands_of_empty_frames_are_refused():
    with pytest.raises(UndecodableError, match="frames"):
        decompress(Encoding.ZSTD, zstandard.compress(b"") * 5_000, cap=9)


def test_a_cut_member_is_refused():
    with pytest.raises(UndecodableError):
        decompress(Encoding.GZIP, gzip.compress(b"a") + gzip.compress(b"b")[:-1], cap=9)


def test_gzip_may_have_members():
    assert decompress(Encoding.GZIP, gzip.compress(b"a") + gzip.compress(b"b"), cap=9) == b"ab"


def test_the_cap_holds_over_all_members():
    with pytest.raises(TooLargeError):
        decompress(Encoding.GZIP, gzip.compress(b"aaaa") * 3, cap=9)


def test_thousands_of_empty_members_are_refused():
    with pytest.raises(UndecodableError, match="members"):
        decompress(Encoding.GZIP, gzip.compress(b"") * 5_000, cap=9)


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("", 0),
        ("identity", 0),
        (" GZIP ", 1),
        ("x-gzip", 1),
        ("deflate", 2),
        ("br", 3),
        ("zstd", 4),
    ],
)
def test_names_of_encodings(header, encoding):
    assert content_encoding(header) == encoding


@pytest.mark.parametrize("header", ["lzma", "gzip, br", "gzip;q=1"])
def test_unknown_encodings_are_told_what_is_known(header):
    with pytest.raises(UnknownEncodingError, match="gzip, deflate, br or zstd"):
        content_encoding(header)


def test_small_bodies_are_not_packed():
    assert pack(b"small") == (Encoding.IDENTITY, b"small")


def test_large_bodies_are():
    encoding, packed = pack(TEXT)
    assert encoding == Encoding.ZSTD
    assert len(packed) < len(TEXT) // 10
    assert decompress(encoding, packed, cap=len(TEXT)) == TEXT
