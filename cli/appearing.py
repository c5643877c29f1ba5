"""A file that is there wholly or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from core.errors import ConflictError


class FileExistsAlreadyError(ConflictError):
    """The file is there already; choose another name, or replace it with --force."""

    code = "ML-EXP-0004"


@contextmanager
def appearing(file: Path, *, replace: bool = False) -> Iterator[BinaryIO]:
    """Readable by us only; under its name once the block has ended well and the disk has it."""
    if file.exists() and not replace:
        raise FileExistsAlreadyError(f"{file} is there already; --force replaces it.")
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
