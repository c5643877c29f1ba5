"""JavaScript and TypeScript of browsers and Node: the three ways engines name and print frames."""

import re
from collections.abc import Iterator

from core.analysis.event import Failure, Frame
from core.analysis.language import Language, joined
from core.analysis.place import file_name, stable

_ORIGIN = re.compile(r"^(?:[\w+.-]{1,30}:)+/{0,3}(?:[^/\s]*/)?", re.IGNORECASE)
_ALIAS = re.compile(r" \[as [^\]\s]{0,100}\]")
_FIREFOX = re.compile(r"(?:/<|<|/)+$|\[\d*\]")
_NAMELESS = frozenset(
    {
        "?", "<anonymous>", "anonymous", "(anonymous function)", "anonymous function",
        "(anonymous)",
        "eval", "global code", "module code", "eval code", "{anonymous}", "null", "undefined",
        "<unknown>",
    }
)  # fmt: skip
_ENGINE = frozenset({"native", "[native code]", "<anonymous>", "native code"})
_CHROME = re.compile(
    r"^\s{0,20}at (?:(.{1,300}?) \()?((?:[^\s()]|\(<anonymous>\)){1,500}?)(?::\d+)?(?::\d+)?\)?$"
)
_GECKO = re.compile(r"^\s{0,20}([^@\n]{0,300})@(\[native code\]$|\S{1,500}?(?=:\d))(?::\d+){0,2}$")
_HEADER = re.compile(
    r"^(?:Uncaught (?:\(in promise\) )?)?([A-Za-z_$][\w$.]{0,100}(?:Error|Exception"
    r"|Rejection)?)(?: \[\w+\])?: (.*)"
)
_SCRIPT = re.compile(r"\.[cm]?[jt]sx?\b")
_CAUSE = re.compile(r"^[ \t]{0,40}(?:\[cause\]|Caused by): ", re.MULTILINE)


def label(frame: Frame) -> str:
    if frame.file in _ENGINE and not frame.module:
        return ""
    place = stable(frame.module) if frame.module else _file(frame.file)
    return joined(place, function(frame.function))


def function(name: str) -> str:
    """The bare name: engines differ in receiver, `new`, `async`, aliases and marks of anonymity."""
    name = _FIREFOX.sub("", _ALIAS.sub("", name)).removeprefix("async*").removeprefix("async ")
    name = name.removeprefix("new ")
    name = name.rpartition(".")[2] if not name.endswith(">") else name.rpartition(".<")[2]
    name = name.rpartition("/")[2].removeprefix("get ").removeprefix("set ")
    return "" if name in _NAMELESS or name == "anonymous>" else name


def own(frame: Frame) -> bool:
    file = frame.file
    foreign = ("node_modules", "node:", "internal/", "webpack/", "-extension://", "/vendor")
    return bool(file) and file not in _ENGINE and not any(mark in file for mark in foreign)


def _file(file: str) -> str:
    return file_name(_ORIGIN.sub("/", file)) or "/" if file else ""


def parse(trace: str) -> list[Failure]:
    blocks = [failure for block in _CAUSE.split(trace) if (failure := _block(block))]
    return blocks[::-1] if any(block.frames for block in blocks) else []


def _block(block: str) -> Failure | None:
    lines = block.splitlines()
    frames = tuple(_frames(lines))[::-1]
    head = _HEADER.match(lines[0]) if lines else None
    if head:
        return Failure(type=head[1], value=head[2].strip(" {"), frames=frames)
    return Failure(value=_headless(lines), frames=frames) if frames else None


def _headless(lines: list[str]) -> str:
    first = lines[0].strip()
    return "" if _GECKO.match(first) or _CHROME.match(first) else first


def _frames(lines: list[str]) -> Iterator[Frame]:
    for line in lines:
        found = _CHROME.match(line) or _GECKO.match(line)
        if found and ("/" in found[2] or _SCRIPT.search(found[2]) or found[2] in _ENGINE):
            yield Frame("", found[2], found[1] or "")


LANGUAGE = Language(
    name="javascript",
    platforms=frozenset(
        {"javascript", "node", "javascript-react-native", "typescript", "dart", "deno", "bun"}
    ),
    suffixes=(".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".vue", ".svelte"),
    label=label,
    own=own,
    parse=parse,
)
