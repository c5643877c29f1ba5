"""The file: JSON lines in one zstd frame, a header first, a footer with counts and a checksum last.

Both ends work line by line, so neither holds more than one line in memory.
"""

import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import orjson
import zstandard

from core.errors import InvalidInputError

FORMAT: Final = "mendline-project"
VERSION: Final = 1
END: Final = "end"
LEVEL: Final = 3
# Enough for events of one issue to be stored as references to one another.
WINDOW: Final = 2**23
LARGEST_WINDOW: Final = 2**27
LONGEST_LINE: Final = 80 * 2**20
CHUNK: Final = 2**20
EARLY: Final = "The file ends too early; nothing was imported."


class NotAnExportError(InvalidInputError):
    """The file is no export of a project."""

    code = "ML-EXP-0001"


class DamagedExportError(InvalidInputError):
    """The file is damaged; nothing was imported."""

    code = "ML-EXP-0002"


class NewerExportError(InvalidInputError):
    """The file was written by a newer version of Mendline; import it with that one."""

    code = "ML-EXP-0003"


class Writer:
    """Writes header, rows and, at last, the footer."""

    def __init__(self, file: BinaryIO, header: dict[str, Any]) -> None:
        parameters = zstandard.ZstdCompressionParameters.from_level(
            LEVEL, window_log=WINDOW.bit_length() - 1, enable_ldm=True, write_checksum=True
        )
        compressor = zstandard.ZstdCompressor(compression_params=parameters)
        self._stream = compressor.stream_writer(file, closefd=False)
        self._sum = hashlib.sha256()
        self.counts: Counter[str] = Counter()
        self._line({"format": FORMAT, "version": VERSION, **header})

    def row(self, kind: str, row: object) -> None:
        """`row` is a mapping, or JSON already in `orjson.Fragment`."""
        self._line({"kind": kind, "row": row})
        self.counts[kind] += 1

    def finish(self) -> str:
        """The checksum."""
        checksum = self._sum.hexdigest()
        self._line({"kind": END, "counts": dict(self.counts), "sha256": checksum})
        self._stream.close()  # type: ignore[no-untyped-call]
        return checksum

    def _line(self, value: dict[str, Any]) -> None:
        line = orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
        self._sum.update(line)
        self._stream.write(line)


class Reader:
    """Gives header and rows; whoever reads them to the end knows that the file is whole.

    `file` can be set back to its beginning.
    """

    def __init__(self, file: BinaryIO) -> None:
        if file.read(len(zstandard.FRAME_HEADER)) != zstandard.FRAME_HEADER:
            raise NotAnExportError
        file.seek(0)
        decompressor = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW)
        stream = decompressor.stream_reader(file, read_size=CHUNK, closefd=False)
        self._lines = io.BufferedReader(stream, CHUNK)
        self._sum = hashlib.sha256()
        self.counts: Counter[str] = Counter()
        self.checksum = ""
        self.header = self._header()

    def rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        while True:
            before = self._sum.hexdigest()
            found = self._next()
            if found is None:
                raise DamagedExportError(EARLY)
            kind = found.get("kind")
            if kind == END:
                self._check(found, before)
                return
            row = found.get("row")
            if not isinstance(kind, str) or not isinstance(row, dict):
                raise DamagedExportError(f"Line {self._number()} is no row; nothing was imported.")
            self.counts[kind] += 1
            yield kind, row

    def _header(self) -> dict[str, Any]:
        found = self._next()
        if found is None:
            raise DamagedExportError(EARLY)
        if found.get("format") != FORMAT:
            raise NotAnExportError
        version = found.get("version")
        if not isinstance(version, int) or version > VERSION:
            raise NewerExportError(
                f"The file is of version {version}, this Mendline reads up to {VERSION}."
            )
        return found

    def _check(self, footer: dict[str, Any], checksum: str) -> None:
        if footer.get("sha256") != checksum:
            raise DamagedExportError("The checksum is not that of the file; nothing was imported.")
        if footer.get("counts") != dict(self.counts):
            raise DamagedExportError("Rows are missing from the file; nothing was imported.")
        if self._next() is not None:
            raise DamagedExportError("There is more after the end; nothing was imported.")
        self.checksum = checksum

    def _next(self) -> dict[str, Any] | None:
        try:
            line = self._lines.readline(LONGEST_LINE)
        except zstandard.ZstdError as error:
            raise DamagedExportError(
                f"The file is damaged after line {self._number()}; nothing was imported."
            ) from error
        if not line:
            return None
        if not line.endswith(b"\n"):
            raise DamagedExportError(EARLY)
        self._sum.update(line)
        try:
            found = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise DamagedExportError(
                f"Line {self._number() + 1} is no JSON; nothing was imported."
            ) from error
        if not isinstance(found, dict):
            raise DamagedExportError(f"Line {self._number() + 1} is no object.")
        return found

    def _number(self) -> int:
        return 1 + sum(self.counts.values())
