"""Undoes the compression of a body, never producing more than a cap: a small bomb stays small."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import brotli  # type: ignore[import-untyped]  # publishes no types
import zstandard

from core.errors import InvalidInputError, TooLargeError, UndecodableError
from core.intake.item import Encoding
from core.intake.rejection import Reason

_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS
_MEMBERS: Final = 64  # each costs a copy of what follows it
_ZSTD_WINDOW: Final = 8 * 2**20  # RFC 8878 asks decoders for this much, and no more
_NAMES: Final = {
    "": Encoding.IDENTITY,
    "identity": Encoding.IDENTITY,
    "gzip": Encoding.GZIP,
    "x-gzip": Encoding.GZIP,
    "deflate": Encoding.DEFLATE,
    "br": Encoding.BROTLI,
    "zstd": Encoding.ZSTD,
}


class UnknownEncodingError(InvalidInputError):
    """The content encoding is not one of gzip, deflate, br and zstd."""

    code = "ML-VAL-0010"
    http_status = 415


def content_encoding(header: str) -> Encoding:
    """The encoding that a `Content-Encoding` header names; a stack of several is refused."""
    found = _NAMES.get(header.strip().lower())
    if found is None:
        raise UnknownEncodingError(
            f"unsupported content encoding {header[:40]!r}; use gzip, deflate, br or zstd",
            reason=Reason.ENCODING,
        )
    return found


def _too_large(cap: int) -> TooLargeError:
    return TooLargeError(f"larger than {cap} bytes when decompressed", reason=Reason.TOO_LARGE)


def _zlib(data: bytes, cap: int, window: int) -> bytes:
    engine = zlib.decompressobj(window)
    out = engine.decompress(data, cap + 1)
    if len(out) > cap:
        raise _too_large(cap)
    if not engine.eof:
        raise UndecodableError("the compressed body ends too early", reason=Reason.ENCODING)
    return out


def _gzip(data: bytes, cap: int) -> bytes:
    out, rest = b"", data
    for _ in range(_MEMBERS):
        engine = zlib.decompressobj(_GZIP_WINDOW)
        part = engine.decompress(rest, cap + 1 - len(out))
        out = out + part if out else part
        if len(out) > cap:
            raise _too_large(cap)
        if not engine.eof:
            raise UndecodableError("the compressed body ends too early", reason=Reason.ENCODING)
        rest = engine.unused_data
        if not rest:
            return out
    raise UndecodableError("the gzip body has too many members", reason=Reason.ENCODING)


def _deflate(data: bytes, cap: int) -> bytes:
    """With or without the zlib header: the name means both in practice.

    No encoder makes a raw stream that begins like a header: it would be a stored block with its
    padding set.
    """
    return _zlib(data, cap, _window(data))


def _window(data: bytes) -> int:
    wrapped = len(data) > 1 and data[0] & 15 == 8 and (data[0] << 8 | data[1]) % 31 == 0  # noqa: PLR2004 - RFC 1950, section 2.2
    return zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS


def _brotli(data: bytes, cap: int) -> bytes:
    engine = brotli.Decompressor()
    parts = [engine.process(data, output_buffer_limit=cap + 1)]
    size = len(parts[0])
    while not engine.is_finished() and size <= cap:
        part = engine.process(b"", output_buffer_limit=cap + 1 - size)
        if not part:
            raise UndecodableError("the compressed body ends too early", reason=Reason.ENCODING)
        parts.append(part)
        size += len(part)
    if size > cap:
        raise _too_large(cap)
    return b"".join(parts)


def _zstd(data: bytes, cap: int) -> bytes:
    engine = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    with engine.stream_reader(data, read_across_frames=True) as reader:
        out = reader.read(cap + 1)
    if len(out) > cap:
        raise _too_large(cap)
    if not out or len(out) != zstandard.frame_content_size(data):
        _check_zstd_end(data)
    return out


def _check_zstd_end(data: bytes) -> None:
    """The reader takes a body that is cut off between two blocks for a whole one."""
    rest = data
    for _ in range(_MEMBERS):
        engine = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
        engine.decompress(rest)
        if not engine.eof:
            raise UndecodableError("the compressed body ends too early", reason=Reason.ENCODING)
        rest = engine.unused_data
        if not rest:
            return
    raise UndecodableError("the zstd body has too many frames", reason=Reason.ENCODING)


def _brotli_beginning(data: bytes, most: int) -> bytes:
    found: bytes = brotli.Decompressor().process(data, output_buffer_limit=most)
    return found[:most]


def _zstd_beginning(data: bytes, most: int) -> bytes:
    engine = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    with engine.stream_reader(data) as reader:
        return reader.read(most)


_DECODERS: Final[dict[Encoding, Callable[[bytes, int], bytes]]] = {
    Encoding.GZIP: _gzip,
    Encoding.DEFLATE: _deflate,
    Encoding.BROTLI: _brotli,
    Encoding.ZSTD: _zstd,
}


_BEGINNINGS: Final[dict[Encoding, Callable[[bytes, int], bytes]]] = {
    Encoding.GZIP: lambda data, most: zlib.decompressobj(_GZIP_WINDOW).decompress(data, most),
    Encoding.DEFLATE: lambda data, most: zlib.decompressobj(_window(data)).decompress(data, most),
    Encoding.BROTLI: _brotli_beginning,
    Encoding.ZSTD: _zstd_beginning,
}


def decompress(encoding: Encoding, data: bytes, *, cap: int) -> bytes:
    decoder = _DECODERS.get(encoding)
    if decoder is None:
        if len(data) > cap:
            raise _too_large(cap)
        return data
    with _as_undecodable(encoding):
        return decoder(data, cap)


def beginning(encoding: Encoding, data: bytes, *, most: int) -> bytes:
    """So many bytes at most of what a body unpacks to; nobody looks at what comes after them."""
    decoder = _BEGINNINGS.get(encoding)
    if decoder is None:
        return data[:most]
    with _as_undecodable(encoding):
        return decoder(data, most)


@contextmanager
def _as_undecodable(encoding: Encoding) -> Iterator[None]:
    try:
        yield
    except (zlib.error, brotli.error, zstandard.ZstdError) as error:
        raise UndecodableError(
            f"the body is not valid {encoding.name.lower()}: {error}", reason=Reason.ENCODING
        ) from error


def pack(data: bytes, *, worth: int = 1_024) -> tuple[Encoding, bytes]:
    """Compresses what came uncompressed, quickly; below `worth` bytes it does not pay."""
    if len(data) < worth:
        return Encoding.IDENTITY, data
    return Encoding.ZSTD, zstandard.ZstdCompressor(level=1).compress(data)
