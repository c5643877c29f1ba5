"""Go: packages without versions, closures without numbers; panics as they are printed."""

import re
from collections.abc import Iterator

from core.analysis.event import Failure, Frame
from core.analysis.language import Language, joined
from core.analysis.place import file_name

_CLOSURE = re.compile(r"(?:\.func\d+|\.gowrap\d+|\.\d+|-range\d+)+(?=$|\.|-fm)|-fm$")
_GENERIC = re.compile(r"\[[^\]]{0,200}\]")
_VERSION = re.compile(r"@v[\w.+-]+|/v\d+(?=/|$|\.)")
_PANIC = re.compile(r"^(?:panic|fatal error): (.{0,2000})", re.MULTILINE)
_KIND = re.compile(r"^(runtime error|[a-z]\w*(?:\.\w+)+|\*?[\w./]+\.\w+)(?:\{|: |$)")
_CALL = re.compile(
    r"^(?:created by )?([\w./*()·~%\[\]-]{1,400}?)(?:\((?:[^()\n]"
    r"|\{[^}\n]*\}){0,500}\))?(?: in goroutine \d+)?$"
)
_FILE = re.compile(r"^\t(\S[^\n]{0,500}?):\d+(?: \+0x[0-9a-f]+)?")


def label(frame: Frame) -> str:
    place = (
        _VERSION.sub("", frame.module) if frame.module else file_name(_VERSION.sub("", frame.file))
    )
    return joined(place, _CLOSURE.sub("", _GENERIC.sub("", frame.function)))


def own(frame: Frame) -> bool:
    root = frame.module.partition("/")[0]
    if frame.module and frame.module != "main" and "." not in root:
        return False
    return (
        "/pkg/mod/" not in frame.file
        and "/vendor/" not in frame.file
        and "/usr/local/go" not in frame.file
    )


def parse(trace: str) -> list[Failure]:
    panic = _PANIC.search(trace)
    if "goroutine " not in trace and not panic:
        return []
    frames = tuple(_frames(trace.splitlines()))[::-1]
    said = panic[1].strip() if panic else ""
    kind = _KIND.match(said)
    return [Failure(type=kind[1] if kind else "panic", value=said, frames=frames)] if frames else []


def _frames(lines: list[str]) -> Iterator[Frame]:
    """Of the first goroutine; the calls of `panic` itself are left out."""
    started = False
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("goroutine "):
            if started:
                return
            started = True
        file = _FILE.match(following)
        call = _CALL.match(line) if file else None
        if file and call and not call[1].startswith(("panic", "runtime.gopanic", "runtime.panic")):
            yield _frame(call[1], file[1])


def _frame(call: str, file: str) -> Frame:
    folder, slash, last = call.rpartition("/")
    package, _, function = last.partition(".")
    return Frame(folder + slash + package, file, function)


LANGUAGE = Language(
    name="go",
    platforms=frozenset({"go"}),
    suffixes=(".go",),
    label=label,
    own=own,
    parse=parse,
)
