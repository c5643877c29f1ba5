"""Crash reports of compiled programs, as sanitizers, debuggers, operating systems and C libraries
print them.
"""

import re
from collections.abc import Iterator

from core.analysis.event import Failure, Frame
from core.analysis.symbol import symbol

_NUMBERED = re.compile(r"^[ \t*]{0,12}(?:frame )?#(\d{1,4}):?[ \t]+(.{1,4000})$")
_ADDRESS = re.compile(r"^(?:0x[0-9a-fA-F]{1,16}|pc [0-9a-fA-F]{1,16})\s+")
_BUILD = re.compile(
    r"(?: \(BuildId: \w{1,64}\)| \(Build ?Id: \w{1,64}\)| \(inlined by\)| \[opt\])+$"
)
_IN_MODULE = re.compile(r"(?:^| )\(([^()]{1,300}?)\+0x[0-9a-fA-F]{1,16}\)$")
_OF_LIBRARY = re.compile(
    r"^(\S{1,300})(?: \(offset 0x\w{1,16}\))?(?: \((.{1,1000}?)(?:\+\d+)?\))?$"
)
_LINES = re.compile(r"(?::\d+){1,2}$")
_SOURCE = re.compile(r"[\w)]\.\w{1,5}(?::\d+){0,2}$")
# `0   Module    0x00000001 function + 12 (File.swift:3)`, as Apple prints it.
_APPLE = re.compile(
    r"^[ \t]{0,8}(\d{1,3})[ \t]+([^\t\n]{1,80}?)[ \t]+0x[0-9a-fA-F]{6,16} (.{1,1000})$"
)
_APPLE_END = re.compile(r" \+ \d+(?: \(([^()\n]{1,200}?)(?::\d+)?\))?$")
# `./program(function+0x1c) [0x55d0]`, as the C library prints it.
_GLIBC = re.compile(
    r"^[ \t]{0,8}(?:\[bt\] ?)?(?:\(\d+\) |#?\d{1,3}:? +)?([^\s()]{1,300})"
    r"\(([^()+]{0,500}(?:\([^()]{0,200}\))?)(?:\+0x[0-9a-fA-F]{1,16})?\) ?\[0x[0-9a-fA-F]{1,16}\]$"
)
_VALGRIND = re.compile(
    r"^==\d+==\s{1,12}(?:at|by) 0x[0-9A-Fa-f]{1,16}: (.{1,1000}) \((in )?([^()]{1,300})\)$"
)
_MINIDUMP = re.compile(
    r"^[ \t]{0,4}(?:(\d{1,3})[ \t]{2,}|[0-9a-f]{2} (?:[0-9a-f`]{8,17} ){1,2})([\w.+-]{1,100})"
    r"!([^\[\n]{1,1000}?)(?:\+0x[0-9a-f]{1,8})?(?: \[([^\]\n]{1,300}?) [:@] \d+[^\]\n]{0,40}\]"
    r"| \+ 0x[0-9a-f]{1,8})?$"
)
_SANITIZER = re.compile(
    r"(?:ERROR|WARNING|SUMMARY): (\w{1,20}Sanitizer|libFuzzer)(?: \w+)?: "
    r"(?:attempting )?([\w -]{1,80}?)(?= on | in | \(|:|$| \d|/| /| unknown| which)",
    re.MULTILINE,
)
_ACCESS = re.compile(r"^((?:READ|WRITE) of size )\d+", re.MULTILINE)
_UNDEFINED = re.compile(r": runtime error: ([^\n]{1,500})")
_THROWN = re.compile(
    r"terminate called after throwing an instance of '([^'\n]{1,300})'(?:\s{1,8}what\(\):"
    r" {1,2}([^\n]{0,500}))?"
    r"|uncaught exception '([^'\n]{1,200})', reason: '([^\n]{0,500}?)'?$"
    r"|uncaught exception of type ([\w:]{1,200})(?:: ([^\n]{0,500}))?",
    re.MULTILINE,
)
_SIGNAL = re.compile(
    r"Program (?:received|terminated with) signal (SIG\w{2,8}), ([^.\n]{1,100})"
    r"|\bsignal \d{1,2} \((SIG\w{2,8})\)(?:, code -?\d{1,4} \((\w{1,40})\))?"
    r"|^Exception Type: {1,12}(\w{1,40})(?: \((\w{1,40})\))?"
    r"|stop reason = (?:signal )?(\w{1,40})([^\n]{0,100})"
    r"|^Caught signal (\d{1,2})() |^Received signal (\d{1,2})\b()",
    re.MULTILINE,
)
_SAID = re.compile(
    r"^(?:[^\n]{0,300}: )?(Assertion) [`'](?P<assertion>[^\n]{1,500}?)' failed"
    r"|\*\*\* (?:Error in [`'][^\n']{1,200}': )?(?P<fatal>[a-z][^\n*]{3,200}?)(?::?"
    r" 0x[0-9a-f]+)? \*\*\*"
    r"|^(?P<corrupt>(?:double free|malloc|free|corrupted|munmap_chunk"
    r"|realloc)\(?\)?:? ?[^\n]{3,100})$"
    r"|^==\d+== (?P<valgrind>(?:Invalid|Conditional|Use of|Mismatched|Source and"
    r"|Process term)[^\n]{1,120})$",
    re.MULTILINE,
)
_DECORATED = re.compile(r"[(#]|^_{1,3}Z")
_ENOUGH = 2


def parse(trace: str) -> list[Failure]:
    """The stack of the thread that crashed, under what stands above it as its reason."""
    kind, value, made_up = _reason(trace)
    frames = tuple(_first_stack(_of_crashed_thread(trace).splitlines()))
    if not frames or (len(frames) < _ENOUGH and not (kind or value)):
        return []
    return [Failure(type=kind, value=value, frames=frames[::-1], synthetic=made_up)]


def _of_crashed_thread(trace: str) -> str:
    for mark in ("Last Exception Backtrace:", " Crashed:"):
        _, found, after = trace.partition(mark)
        if found:
            return after
    return trace


def _reason(trace: str) -> tuple[str, str, bool]:
    """Type, message, and whether the type is but what a crash handler calls it."""
    if found := _THROWN.search(trace):
        kind = found[1] or found[3] or found[5]
        return kind, (found[2] or found[4] or found[6] or "").strip(), False
    if found := _SANITIZER.search(trace):
        access = _ACCESS.search(trace)
        return found[2].strip(), f"{found[1]}, {access[0]}" if access else found[1], True
    if found := _UNDEFINED.search(trace):
        return "undefined-behavior", found[1].strip(), True
    said = _SAID.search(trace)
    message = next(filter(None, said.groupdict().values()), "").strip() if said else ""
    if found := _SIGNAL.search(trace):
        name, *more = filter(None, found.groups())
        named = f"signal {name}" if name.isdecimal() else name
        return named, message or " ".join(more).strip(), True
    return "assertion failed" if said and said["assertion"] else "", message, True


def _first_stack(lines: list[str]) -> Iterator[Frame]:
    """Up to where the numbers start again, or the frames without numbers end."""
    last = -1
    for line in lines:
        number, frame = _frame(line)
        if frame is None:
            if last >= 0 and number is None and not line.strip("= 0123456789"):
                return
            continue
        if number is not None and number <= last and (number == 0 or number < last):
            return
        last = max(last + 1 if number is None else number, 0)
        # What people read of a name is what it is known by.
        bare = symbol(frame.function) if _DECORATED.search(frame.function) else ""
        yield frame._replace(function=bare) if bare else frame


def _frame(line: str) -> tuple[int | None, Frame | None]:
    if found := _NUMBERED.match(line):
        return int(found[1]), _numbered(_BUILD.sub("", found[2].rstrip()))
    if found := _APPLE.match(line):
        end = _APPLE_END.search(found[3])
        function = found[3][: end.start()] if end else found[3]
        return int(found[1]), Frame("", (end[1] or "") if end else "", function, package=found[2])
    if found := _GLIBC.match(line):
        return None, Frame("", "", found[2], package=found[1])
    if found := _VALGRIND.match(line):
        file = "" if found[2] else _LINES.sub("", found[3])
        return None, Frame("", file, found[1], package=found[3] if found[2] else "")
    if found := _MINIDUMP.match(line):
        number = int(found[1]) if found[1] else None
        return number, Frame("", found[4] or "", found[3], package=found[2])
    return None, None


def _numbered(rest: str) -> Frame | None:
    """A frame behind its number: of a sanitizer, of gdb, of lldb, or of Android."""
    address = _ADDRESS.match(rest)
    if address and rest.startswith("pc "):
        found = _OF_LIBRARY.match(rest[address.end() :])
        return Frame("", "", (found[2] or "") if found else "", package=found[1] if found else "")
    rest = rest[address.end() :] if address else rest
    if rest.startswith("<signal handler called>"):
        return Frame("", "", "<signal handler called>")
    if address and "`" in rest and not rest.startswith("in "):
        return _of_lldb(rest)
    named = rest.startswith("in ")
    rest = rest.removeprefix("in ").strip()
    module = _IN_MODULE.search(rest)
    if module:
        return Frame("", "", rest[: module.start()].strip(), package=module[1].strip())
    frame = _of_gdb(rest)
    if frame or not address:
        return frame
    return _of_sanitizer(rest) if named else Frame("", _LINES.sub("", rest), "")


def _of_lldb(rest: str) -> Frame:
    module, _, function = rest.partition("`")
    function, _, file = function.partition(" at ")
    return Frame("", _LINES.sub("", file), function, package=module)


def _of_gdb(rest: str) -> Frame | None:
    """`function (arguments) at file:line`, or `… from library`, or neither."""
    head, opened, more = rest.partition(" (")
    if not opened or ")" not in more:
        return None
    _, at, file = more.rpartition(") at ")
    if at:
        return Frame("", _LINES.sub("", file), head)
    _, within, library = more.rpartition(") from ")
    if within:
        return Frame("", "", head, package=library)
    return Frame("", "", head) if more.endswith(")") and (" " not in head or "<" in head) else None


def _of_sanitizer(rest: str) -> Frame:
    """`function file:line:column`; the function can hold spaces, the file hardly."""
    function, _, file = rest.rpartition(" ")
    if function and (
        ("/" in file or "\\" in file or _SOURCE.search(file)) and file[-1] not in ")*&>"
    ):
        return Frame("", _LINES.sub("", file), function)
    return Frame("", "", rest)
