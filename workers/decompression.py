"""Compressed bodies, opened within a limit: a small message must not fill the worker's memory."""

import bz2
import lzma
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from kombu import compression

from core.errors import TooLargeError, UndecodableError
from core.intake.compression import decompress
from core.intake.item import Encoding

OPENED_LIMIT: Final = 64 * 2**20


def install() -> None:
    """For every message of this process, in place of kombu's."""
    for name, decoder in DECODERS.items():
        found: Any = compression.get_encoder(name)
        encoder, content_type = found
        compression.register(encoder, decoder, content_type)


def _bounded(opener: Callable[[], Any], data: bytes) -> bytes:
    engine = opener()
    opened: bytes = engine.decompress(data, OPENED_LIMIT + 1)
    if len(opened) > OPENED_LIMIT:
        raise TooLargeError(f"The body is larger than {OPENED_LIMIT} bytes once decompressed.")
    if not engine.eof:
        raise UndecodableError("The compressed body ends too early.")
    return opened


DECODERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "gzip": partial(decompress, Encoding.DEFLATE, cap=OPENED_LIMIT),
    "brotli": partial(decompress, Encoding.BROTLI, cap=OPENED_LIMIT),
    "bzip2": partial(_bounded, bz2.BZ2Decompressor),
    "lzma": partial(_bounded, lzma.LZMADecompressor),
}
