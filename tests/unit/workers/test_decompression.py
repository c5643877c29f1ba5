import bz2
import lzma
import zlib

import brotli
import pytest

from core.errors import MendlineError, TooLargeError
from workers import decompression
from workers.decompression import DECODERS

PACKED = {
    "gzip": zlib.compress,
    "bzip2": bz2.compress,
    "lzma": lzma.compress,
    "brotli": brotli.compress,
}


@pytest.mark.parametrize("name", PACKED)
def test_what_kombu_packs_is_opened(name):
    assert DECODERS[name](PACKED[name](b"body")) == b"body"


@pytest.mark.parametrize("name", PACKED)
def test_more_than_the_limit_is_never_made(name):
    bomb = PACKED[name](b" " * (decompression.OPENED_LIMIT + 1))
    with pytest.raises(TooLargeError):
        DECODERS[name](bomb)


@pytest.mark.parametrize("name", PACKED)
def test_half_a_body_is_no_body(name):
    packed = PACKED[name](bytes(range(256)) * 9)
    with pytest.raises(MendlineError):
        DECODERS[name](packed[: len(packed) // 2])
