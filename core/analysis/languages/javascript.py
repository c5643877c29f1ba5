"""JavaScript and TypeScript of browsers, Node and React Native: the ways engines name and print
frames.
"""

import re

from core.analysis.dialects import said
from core.analysis.event import Failure, Frame
from core.analysis.language import Language, joined
from core.analysis.place import file_name, stable

_ORIGIN = re.compile(
    r"^(?:file:/{2,3}(?=[A-Za-z]:)|(?:[\w+.-]{1,30}:)+/{0,3}(?:[^/\s]*/)?)", re.IGNORECASE
)
_LOCAL = re.compile(r"^file://(?=/)", re.IGNORECASE)
_ALIAS = re.compile(r" \[as [^\]\s]{0,100}\]")
_FIREFOX = re.compile(r"(?:/<|<|/)+$|\[\d*\]")
_ARGUMENTS = re.compile(r"\(.{0,300}\)$|^<anonymous function(?:: ([\w.$]{1,100}))?>")
_NAMELESS = frozenset(
    {
        "?", "<anonymous>", "anonymous", "(anonymous function)", "anonymous function",
        "Anonymous function", "(anonymous)", "eval", "global code", "Global code", "module code",
        "eval code", "{anonymous}", "null", "undefined", "<unknown>", "global", "<global>",
        "anonymous>", "(null)", "Function code", "<computed>",
    }
)  # fmt: skip
_ENGINE = frozenset({"native", "[native code]", "<anonymous>", "native code", "(native)"})
_POSITION = re.compile(r"(?::\d+){1,2}$")
_LOCATED = re.compile(r"[\w+.-]{2,30}:(?://|\w)|/|[A-Za-z]:[\\/]|\\\\|\.{1,2}/")
_EVALUATED = re.compile(r" line \d+ > (?:eval|Function|injectedScript)\b.*$")
_EVAL_AT = re.compile(r"^eval at .{0,400}?\(([^()\s]{1,400}?)(?::\d+){1,2}\)")
_WASM = re.compile(r":wasm-function\[.*$")
_UNNAMED_FILE = re.compile(r"^(?:blob|data):")
_SCRIPT = re.compile(
    r"\.(?:[cm]?[jt]sx?|vue|svelte|bundle|jsbundle|wasm|hbc)\b|^index\.(?:android|ios)"
)
_PAGE = re.compile(
    r"^https?://(?![^?#]*\.(?:[cm]?[jt]sx?|vue|svelte|wasm|bundle|jsbundle)(?:[?#]|$))"
)
# Arguments, as old engines print them, can hold the mark as well.
_AT_PLACE = re.compile(r"@(?=[a-z][\w+.-]{1,30}:|/|\[native)")
# Where Firefox goes on with how the call was scheduled: the other engines do not tell.
_SCHEDULED = re.compile(r"^[\w.]+(?: [\w.]+)*\*(?<!^async\*)")
_HEADER = re.compile(
    r"^(?:Uncaught (?:\(in promise\) )?)?([A-Za-z_$][\w$.]{0,100}(?:Error|Exception"
    r"|Rejection)?)(?: \[\w+\])?(?:: (.*)|$)"
)
_SURE_HEADER = re.compile(
    r"^(?:Uncaught (?:\(in promise\) )?)?[A-Za-z_$][\w$.]{0,100}(?:Error|Exception)\b"
)
_CAUSE = re.compile(r"^[ \t]{0,40}(?:\[cause\]|Caused by): ", re.MULTILINE)
_OPERA = re.compile(
    r"^(?:Error thrown at|called from"
    r"|called via \S{1,60}(?: \S{1,20})? at) line \d+, column \d+ in "
    r"(?:(\S[^\n]{0,200}?)(?:\([^\n]{0,200}\))? in )?(\S{1,400}?):?$"
    r"|^[Ll]ine \d+ of [\w#]{1,30} script (?:in )?(\S{1,400}?)(?:: In function (\S{1,200}))?$"
)
_LIBRARY = re.compile(
    r"(?:^|/)(?:jquery|react|react-dom|angular|vue|lodash|zone|polyfills?|vendors?|bootstrap"
    r"|core-js"
    r"|backbone|ember|moment|axios|raven|sentry|bundle\.tracing|framework|webpack)"
    r"(?:[-.~@][\w.~@-]*)?\.[cm]?js\b",
    re.IGNORECASE,
)
_FOREIGN = (
    "node_modules",
    "node:",
    "webpack/",
    "-extension://",
    "/vendor",
    "react-native/Libraries",
)
# What compilers wrap asynchronous functions in.
_WRAPPERS = frozenset(
    {
        "asyncGeneratorStep", "_next", "_throw", "tryCatch", "_invoke", "__awaiter", "fulfilled",
        "rejected", "__generator", "sentryWrapped", "processTicksAndRejections",
    }
)  # fmt: skip


def label(frame: Frame) -> str:
    if (frame.file in _ENGINE or frame.file.startswith("index ")) and not frame.module:
        return ""
    name = function(frame.function)
    return joined(_file(frame.file) or stable(frame.module), name)


def function(name: str) -> str:
    """The bare name: engines differ in receiver, `new`, `async`, aliases and marks of anonymity."""
    name = _FIREFOX.sub("", _ALIAS.sub("", name)).removeprefix("async*").removeprefix("async ")
    name = name.removeprefix("new ")
    if "(" in name or name.startswith("<anonymous function"):
        name = _ARGUMENTS.sub(r"\1", name) if name not in _NAMELESS else ""
    name = name.rpartition(".")[2] if not name.endswith(">") else name.rpartition(".<")[2]
    name = name.rpartition("/")[2].removeprefix("get ").removeprefix("set ")
    return "" if name in _NAMELESS else name


def own(frame: Frame) -> bool:
    file = frame.file
    if not file or file in _ENGINE or file.startswith("internal/"):
        return False
    return not any(mark in file for mark in _FOREIGN) and not _LIBRARY.search(file)


def noise(frame: Frame) -> int:
    if "*" in frame.function and _SCHEDULED.match(frame.function):
        return 4
    return int(function(frame.function) in _WRAPPERS)


def _file(file: str) -> str:
    if not file:
        return ""
    if _UNNAMED_FILE.match(file):
        return file.partition(":")[0]
    file = _WASM.sub("", _EVALUATED.sub("", file))
    if _PAGE.match(file):
        # A script within a page has the name of the page, which may hold anything.
        return "/"
    return file_name(_ORIGIN.sub("", _LOCAL.sub("", file))) or "/"


def parse(trace: str) -> list[Failure]:
    blocks = [failure for block in _CAUSE.split(trace) if (failure := _block(block))]
    return blocks[::-1] if any(block.frames for block in blocks) else []


def _block(block: str) -> Failure | None:
    lines = block.splitlines()
    frames: list[Frame] = []
    first = len(lines)
    for number, line in enumerate(lines):
        frame = _frame(line.strip())
        if frame is None:
            continue
        first = min(first, number)
        frames.append(frame)
    kind, value = _head(lines[:first])
    return (
        Failure(type=kind, value=value, frames=tuple(reversed(frames))) if frames or kind else None
    )


def _head(lines: list[str]) -> tuple[str, str]:
    """Type and message above the frames; Node puts the line of code in front of them."""
    said_at = next((n for n, line in enumerate(lines) if _SURE_HEADER.match(line)), 0)
    lines = lines[said_at:]
    found = _HEADER.match(lines[0]) if lines else None
    if found and (found[2] is not None or found[1].endswith(("Error", "Exception"))):
        return found[1], "\n".join([found[2] or "", *lines[1:]]).strip(" {\n")
    return "", lines[0].strip() if lines else ""


def _frame(line: str) -> Frame | None:
    if line.startswith("at "):
        return _of_v8(line[3:])
    if "@" in line:
        mark = _AT_PLACE.search(line)
        at = mark.start() if mark else line.index("@")
        name, place = line[:at], line[at + 1 :]
        return _placed(name, place) if len(name) <= 300 else None  # noqa: PLR2004
    if line == "[native code]":
        return Frame("", line, "")
    opera = _OPERA.match(line)
    return Frame("", opera[2] or opera[3], opera[1] or opera[4] or "") if opera else None


def _of_v8(rest: str) -> Frame | None:
    name, opened, place = rest.partition(" (")
    if not opened or not rest.endswith(")"):
        return _placed("", rest.removeprefix("async "))
    place = place[:-1].removeprefix("address at ")
    evaluated = _EVAL_AT.match(place)
    return Frame("", evaluated[1], name) if evaluated else _placed(name, place)


def _placed(name: str, place: str) -> Frame | None:
    """A frame, if the place is one: the engine, or something like a script with a line."""
    if place in _ENGINE or place == "native":
        return Frame("", place, name)
    bare = _POSITION.sub("", _WASM.sub("", _EVALUATED.sub("", place)))
    if bare == place or not bare or ("(" in bare and " (" not in bare):
        return None
    if " " in bare and not bare.startswith(("/", "file:", "http")) and bare[1:2] != ":":
        return None
    scripted = _LOCATED.match(bare) or _SCRIPT.search(bare)
    if bare.isdecimal() and name:
        return Frame("", "", name)
    return Frame("", bare, name) if scripted else None


LANGUAGE = Language(
    name="javascript",
    platforms=frozenset(
        {
            "javascript",
            "node",
            "javascript-react-native",
            "typescript",
            "deno",
            "bun",
            "react-native",
        }
    ),
    suffixes=(".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".vue", ".svelte"),
    label=label,
    own=own,
    parse=parse,
    noise=noise,
    engines=True,
    said=said,
)
