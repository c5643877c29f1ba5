"""Rust: panics and their backtraces; frames are known by their path without hash and generics."""

import re

from core.analysis.event import Failure, Frame
from core.analysis.language import Language
from core.analysis.place import file_name
from core.analysis.symbol import machinery, symbol

_PANIC = re.compile(
    r"thread '[^'\n]{0,100}'(?: \(\d+\))? panicked at (?:'(.{0,2000}?)', )?([^\s:]{1,300})"
    r":\d+:\d+:?\n?([^\n]{0,2000})"
)
_FRAME = re.compile(
    r"^[ \t]{0,20}(\d{1,4}):[ \t]+(?:0x[0-9a-fA-F]{1,16}\s+-\s+)?([^\s(][^\n]{0,1000})$"
    r"(?:\n[ \t]{1,60}at ([^\n]{1,400}?)(?::\d+){0,2}$)?",
    re.MULTILINE,
)
FOREIGN = (
    "std::", "core::", "alloc::", "rust_", "tokio::", "futures", "hyper::", "tower", "axum::",
    "actix", "backtrace::", "anyhow::", "eyre::", "rayon", "serde", "tracing", "__", "test::",
    "sentry", "log::",
)  # fmt: skip
# What the system calls; the program's own has its crate in front.
_ENTRY = "main"
ELSEWHERE = ("/.cargo/registry/", "/rustc/", "/.cargo/git/", "/rustlib/")
_TELLING_DEPTH = 5


def label(frame: Frame) -> str:
    name = symbol(frame.function)
    if "::" not in name and frame.module:
        return f"{frame.module}::{name}" if name else frame.module
    return name or file_name(frame.file)


def own(frame: Frame) -> bool:
    if any(mark in frame.file for mark in ELSEWHERE):
        return False
    name = symbol(frame.function)
    return name != _ENTRY and not name.startswith(FOREIGN)


def noise(frame: Frame) -> int:
    return machinery(symbol(frame.function), frame.file, frame.package)


def parse(trace: str) -> list[Failure]:
    panic = _PANIC.search(trace)
    if not panic:
        return []
    frames = _frames(trace[panic.end() :]) or [Frame("", panic[2], "")]
    value = (panic[1] or panic[3]).strip()
    return [Failure(type="panic", value=value, frames=tuple(reversed(frames)))]


def _frames(text: str) -> list[Frame]:
    frames: list[Frame] = []
    last = -1
    for match in _FRAME.finditer(text):
        if int(match[1]) < last:
            break
        last = int(match[1])
        frames.append(Frame("", match[3] or "", match[2]))
    return frames


LANGUAGE = Language(
    name="rust",
    platforms=frozenset({"rust"}),
    suffixes=(".rs",),
    label=label,
    own=own,
    parse=parse,
    noise=noise,
    depth=_TELLING_DEPTH,
)
