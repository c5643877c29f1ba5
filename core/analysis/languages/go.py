"""Go: packages without versions, closures without numbers; panics as they are printed."""

import re
from collections.abc import Iterator

from core.analysis.event import Failure, Frame
from core.analysis.language import Language, joined
from core.analysis.place import file_name

_CLOSURE = re.compile(
    r"(?:\.func\d+|\.gowrap\d+|\.deferwrap\d+|\.\d+|-range\d+|·dwrap·\d+)+(?=$|\.|-fm)|-fm$"
)
_GENERIC = re.compile(r"\[[^\]]{0,200}\]+")
_VERSION = re.compile(r"@v[\w.+-]+|/v\d+(?=/|$|\.)|(?:%2e|\.)v\d+(?=$|/)")
_PANIC = re.compile(
    r"^(?:panic|fatal error): ([^\n]{0,2000})|http: panic serving \S{1,80}: ([^\n]{0,2000})",
    re.MULTILINE,
)
_KIND = re.compile(r"^(runtime error|[a-z]\w*(?:\.\w+)+|\*?[\w./]+\.\w+)(?:\{|: |$)")
_NAME = re.compile(r"[\w./()*~%·\[\],{}@ -]{1,400}")
_FILE = re.compile(r"^\s{1,20}(\S[^\n]{0,500}?\.(?:go|s|y)):\d+(?: \+0x[0-9a-f]+)?")
STANDARD = frozenset({
    "archive", "bufio", "bytes", "cmp", "compress", "container", "context", "crypto", "database",
    "debug", "embed", "encoding", "errors", "expvar", "flag", "fmt", "go", "hash", "html", "image",
    "index", "internal", "io", "iter", "log", "maps", "math", "mime", "net", "os", "path", "plugin",
    "reflect", "regexp", "runtime", "slices", "sort", "strconv", "strings", "structs", "sync",
    "syscall", "testing", "text", "time", "unicode", "unique", "unsafe", "vendor", "weak",
})  # fmt: skip
FETCHED = ("/pkg/mod/", "/vendor/")
ROOTS = ("/go/src/", "/lib/go", "/libexec/src/")
_ENDINGS = ("panic", "runtime.gopanic", "runtime.panic", "runtime.sigpanic", "runtime.throw")


def label(frame: Frame) -> str:
    module = frame.module.rpartition("/vendor/")[2]
    place = _VERSION.sub("", module) if module else file_name(_VERSION.sub("", frame.file))
    name = _CLOSURE.sub("", _GENERIC.sub("", frame.function))
    return joined(place, "init" if name == "glob." else name)


def own(frame: Frame) -> bool:
    """By the module where there is one: of paths, `/go/src/` holds the standard library on some
    machines, and the program itself on others.
    """
    file = frame.path or frame.file
    marks = FETCHED if frame.module else FETCHED + ROOTS
    return (
        not any(mark in file for mark in marks) and frame.module.partition("/")[0] not in STANDARD
    )


def noise(frame: Frame) -> int:
    return 2 * (
        frame.module == "runtime" or (frame.module, frame.function) == ("testing", "tRunner")
    )


def parse(trace: str) -> list[Failure]:
    """A panic, a dump of goroutines, or an error that prints its own stack."""
    panic = _PANIC.search(trace)
    if "goroutine " not in trace and not panic and ".go:" not in trace:
        return []
    frames = tuple(_frames(trace.splitlines()))[::-1]
    if not frames:
        return []
    said = (panic[1] or panic[2] or "").strip() if panic else ""
    if not panic and "goroutine " not in trace:
        return [Failure(type="error", value=trace.lstrip().partition("\n")[0], frames=frames)]
    kind = _KIND.match(said)
    return [Failure(type=kind[1] if kind else "panic", value=said, frames=frames)]


def _frames(lines: list[str]) -> Iterator[Frame]:
    """Of the first goroutine; the calls of `panic` itself are left out."""
    started = False
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("goroutine "):
            if started:
                return
            started = True
        file = _FILE.match(following)
        if not file or line.startswith("created by ") or line[:1].isspace():
            continue
        call = _without_arguments(line)
        if "." in call and _NAME.fullmatch(call) and not call.startswith(_ENDINGS):
            yield _frame(call, file[1])


def _without_arguments(line: str) -> str:
    """The call up to the parenthesis that the last one closes."""
    line = line.rstrip()
    depth = 0
    for position in range(len(line) - 1, -1, -1):
        depth += (line[position] == ")") - (line[position] == "(")
        if not depth:
            return line[:position] if line[position] == "(" else line
    return line


def _frame(call: str, file: str) -> Frame:
    name, bracket, types = call.partition("[")
    folder, slash, last = name.rpartition("/")
    package, _, function = last.partition(".")
    return Frame(folder + slash + package, file, f"{function}{bracket}{types}")


LANGUAGE = Language(
    name="go",
    platforms=frozenset({"go"}),
    suffixes=(".go",),
    label=label,
    own=own,
    parse=parse,
    noise=noise,
    generous=True,
)
