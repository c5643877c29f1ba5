"""C, C++, Rust, Swift and Objective-C: symbols without templates, hashes, numbering and
addresses.
"""

import re
from collections.abc import Iterator

from core.analysis.event import Failure, Frame
from core.analysis.language import Language
from core.analysis.place import stable

_ANONYMOUS = re.compile(
    r"\?A0x[0-9a-f]+|`anonymous namespace'|\(anonymous namespace\)|`anonymous-namespace'"
)
_NUMBERED = re.compile(
    r"(?:\.(?:isra|part|constprop|cold|llvm|lto_priv)(?:\.\d+)*)+$|::h[0-9a-f]{16}$|\$_\d+|@plt$"
    r"|@@[\w.]+$|\[abi:\w+\]|(?<=lambda_)[0-9a-f]+|'lambda\d*'|(?<=block_invoke)_\d+|\.\d+$"
    r"|\+0x[0-9a-fA-F]+$"
)
_CLOSURE = re.compile(
    r"^(?:(?:implicit )?closure #\d+|partial apply for|specialized|merged)+ ?"
    r"(?:\([^)]{0,200}\) )?(?:in )?"
)
_THUNK = re.compile(r"^(?:reabstraction )?thunk |^@callee|^\[thunk\]")
_UNKNOWN = frozenset(
    {"", "?", "??", "???", "<redacted>", "<unknown>", "unknown", "(unknown)", "<unknown module>"}
)
_ADDRESS = re.compile(
    r"^(?:0x)?[0-9a-fA-F]{6,16}$|^(?:sub|fun|loc)_[0-9a-fA-F]+$|^__?lldb_unnamed\w*"
)
_SYSTEM = (
    "/usr/lib", "/lib/", "/lib64/", "/system/", "/apex/", "/vendor/", "c:/windows", "linux-gate",
    "/library/frameworks", "libsystem_", "libobjc", "libdispatch", "libc++", "libstdc++",
    "corefoundation", "uikit", "foundation", "/usr/local/lib",
)  # fmt: skip
_RUNTIME = (
    "std::", "__", "core::", "alloc::", "rust_", "boost::", "tokio::", "abort", "raise", "pthread_",
    "_pthread",
)  # fmt: skip
_PANIC = re.compile(
    r"thread '[^'\n]{0,100}'(?: \(\d+\))? panicked at (?:'(.{0,2000}?)', )?([^\s:]{1,300})"
    r":\d+:\d+:?\n?(.{0,2000})"
)
_FRAME = re.compile(
    r"^[ \t]{0,40}(?:#?\d{1,3}:?)[ \t]+(?:0x[0-9a-fA-F]+\s+(?:in |- )?)?"
    r"([^\s(][^\n]{0,400}?)(?: \+ \d+)?$\n?(?:[ \t]{1,60}at ([^\n]{1,400}?):\d+(?::\d+)?$)?",
    re.MULTILINE,
)


def label(frame: Frame) -> str:
    name = symbol(frame.function)
    if name:
        return name
    return stable(frame.package.replace("\\", "/").rpartition("/")[2])


def symbol(function: str) -> str:
    """The bare name of a symbol: no return type, parameters, template arguments or numbering."""
    if function in _UNKNOWN or _ADDRESS.match(function) or _THUNK.match(function):
        return ""
    if function[:2] in ("-[", "+["):
        return function
    name = _NUMBERED.sub("", _CLOSURE.sub("", _ANONYMOUS.sub("<anon>", function)))
    name = "".join(_outside(name)).replace("::::", "::").strip().removeprefix("::")
    return name if "operator" in name or "`" in name else name.rpartition(" ")[2]


def _outside(name: str) -> Iterator[str]:
    """The parts outside of brackets; what follows the parameters (const, noexcept) is dropped."""
    depth = 0
    for position, mark in enumerate(name):
        if mark == "(" and not depth and position:
            return
        if mark in "<({[" and not name[:position].endswith("operator"):
            depth += 1
        elif mark in ">)}]" and depth:
            depth -= 1
        elif not depth:
            yield mark


def own(frame: Frame) -> bool:
    package = frame.package.replace("\\", "/").lower()
    if any(mark in package for mark in _SYSTEM):
        return False
    return bool(symbol(frame.function)) and not frame.function.startswith(_RUNTIME)


def parse(trace: str) -> list[Failure]:
    panic = _PANIC.search(trace)
    if not panic:
        return []
    frames = [Frame("", match[2] or "", match[1]) for match in _FRAME.finditer(trace)]
    frames = frames or [Frame("", panic[2], "")]
    value = (panic[1] or panic[3]).strip()
    return [Failure(type="panic", value=value, frames=tuple(reversed(frames)))]


LANGUAGE = Language(
    name="native",
    platforms=frozenset({"native", "cocoa", "c", "cpp", "rust", "swift", "objc", "objective-c"}),
    suffixes=(".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".m", ".mm", ".swift", ".rs"),
    label=label,
    own=own,
    parse=parse,
)
