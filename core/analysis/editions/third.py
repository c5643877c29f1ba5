"""Version 3: in Go a program built below `/go/src/` was taken for the standard library, in Rust the
system's `main` for the program's. Endless recursion was known by its depth alone.
"""

from dataclasses import replace
from typing import Final

from core.analysis.edition import Edition
from core.analysis.event import Frame
from core.analysis.languages import go, rust
from core.analysis.symbol import symbol
from core.analysis.telling import telling


def go_own(frame: Frame) -> bool:
    file = frame.path or frame.file
    if any(mark in file for mark in (*go.FETCHED, *go.ROOTS)):
        return False
    return frame.module.partition("/")[0] not in go.STANDARD


def _rust_own(frame: Frame) -> bool:
    if any(mark in frame.file for mark in rust.ELSEWHERE):
        return False
    return not symbol(frame.function).startswith(rust.FOREIGN)


RUST: Final = replace(rust.LANGUAGE, own=_rust_own)
THIRD: Final = Edition(
    version=3,
    telling=telling,
    believing=False,
    languages={"go": replace(go.LANGUAGE, own=go_own), "rust": RUST},
)
