"""Python: module and function; tracebacks with chained causes and groups."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from core.analysis.event import Failure, Frame
from core.analysis.language import Language, bare_type, joined
from core.analysis.place import file_name

FOREIGN = (
    "site-packages/", "dist-packages/", "/lib/python", "<frozen ", "/lib64/python", "python3/lib/",
    "/Lib/", "<__array_function__",
)  # fmt: skip
# Names that a project has many of, besides those of every language.
_COMMON = frozenset({
    "admin", "api", "auth", "cli", "common", "config", "core", "db", "errors", "exceptions",
    "forms", "helpers", "jobs", "manager", "managers", "middleware", "permissions", "routes",
    "schema", "schemas", "serializers", "service", "services", "settings", "signals", "tasks",
    "urls", "worker",
})  # fmt: skip
_FRAME = re.compile(
    r'\s*(?:File "([^"\n]{1,1000})"|(Cell In ?\[\d+\])), line \d+(?:,? in (\S.{0,200}))?'
)
_ERROR = re.compile(r"([A-Za-z_][\w.]{0,200})(?:: ?(.*))?$")
_REPEATED = re.compile(r"[\s|]*\[Previous line repeated (\d{1,9}) more times?\]$")
# A stack so deep is known to be endless recursion.
_MOST_ROUNDS = 60
_HEADER = "Traceback (most recent call last):"
_FAULT = re.compile(r"^Fatal Python error: ([^\n]{1,300})", re.MULTILINE)
_NOTEBOOK = re.compile(r"<ipython-input-[^>]{0,100}>|ipykernel_\d+/\d+\.py|Cell In ?\[\d+\]")
# Until Python 3.12 comprehensions had frames of their own.
INLINED = frozenset({"<listcomp>", "<dictcomp>", "<setcomp>"})
MACHINERY = (
    "runpy", "importlib._bootstrap", "atheris", "threading", "asyncio.base_events",
    "asyncio.runners", "asyncio.events", "multiprocessing.process", "multiprocessing.pool",
    "concurrent.futures.thread", "concurrent.futures.process", "pythonfuzz",
)  # fmt: skip
MACHINERY_FILE = re.compile(
    r"<frozen (?:runpy|importlib)|/(?:runpy|threading)\.py$|/importlib/(?:_bootstrap|__init__)"
    r"|/asyncio/(?:base_events|runners|events)\.py$|/atheris/|/pythonfuzz/"
    r"|/multiprocessing/(?:process|pool)\.py$|/concurrent/futures/(?:thread|process)\.py$"
)
_BELOW_MACHINERY = tuple(f"{module}." for module in MACHINERY)
HARNESS = frozenset({"TestOneInput", "test_one_input", "TestOneProtoInput", "fuzz_one_input"})
_GUTTER = re.compile(r"^( *)[|+] ?(-?-?[+-]*-{3,}(?: (?:\d+|\.\.\.) )?-*)?(.*)$")
_CHAINED = ("The above exception", "During handling of")


class _Node(NamedTuple):
    """A member of a printed group: how far it is indented, its lines, and its members."""

    indent: int
    lines: list[str]
    members: list["_Node"]


def label(frame: Frame) -> str:
    """By the file: a printed trace tells no module, and no class that a method is of."""
    function = frame.function.rpartition(".")[2]
    if function in INLINED:
        return ""
    file = frame.file or (frame.module.replace(".", "/") + ".py" if frame.module else "")
    return joined(file_name(without_cell(file), _COMMON), function if function != "?" else "")


def without_cell(file: str) -> str:
    """The cells of a notebook have no lasting names."""
    return _NOTEBOOK.sub("<cell>", file)


def own(frame: Frame) -> bool:
    path = (frame.path or frame.file).replace("\\", "/")
    return not any(mark in path for mark in FOREIGN)


def noise(frame: Frame) -> int:
    """The interpreter's way into the program, and the harness of a fuzzer."""
    if frame.function in HARNESS:
        return 3
    if frame.module:
        return int(frame.module in MACHINERY or frame.module.startswith(_BELOW_MACHINERY))
    return int(bool(MACHINERY_FILE.search(frame.file.replace("\\", "/"))))


def parse(trace: str) -> list[Failure]:
    return read(_unrolled(trace) if "[Previous line repeated" in trace else trace)


def _unrolled(trace: str) -> str:
    """With the rounds of a recursion that a print only counts, as far as they are worth telling."""
    lines: list[str] = []
    frame = ""
    for line in trace.splitlines():
        repeated = _REPEATED.match(line)
        if repeated:
            lines += [frame] * min(int(repeated[1]), _MOST_ROUNDS)
            continue
        frame = line if _FRAME.match(line) else frame
        lines.append(line)
    return "\n".join(lines)


def read(trace: str) -> list[Failure]:
    if "Exception Group Traceback" in trace:
        return _grouped(trace)
    if _HEADER in trace:
        return _chained(trace)
    return _innermost_first(trace)


def _chained(trace: str) -> list[Failure]:
    return [failure for block in trace.split(_HEADER)[1:] if (failure := _block(block))]


def _innermost_first(trace: str) -> list[Failure]:
    """Frames without a header: what a crashing interpreter prints of itself, or a bare list."""
    fault = _FAULT.search(trace)
    frames = tuple(_frames(trace.splitlines()))
    if not frames or not (fault or _FRAME.match(trace) or len(frames) > 1):
        return []
    kind = "Fatal Python error" if fault else ""
    return [Failure(type=kind, value=fault[1] if fault else "", frames=frames[::-1])]


def _block(block: str) -> Failure | None:
    lines = block.splitlines()
    frames = tuple(_frames(lines))
    for number, line in enumerate(lines):
        found = _ERROR.match(line) if line[:1].strip() else None
        if found:
            module, _, name = found[1].rpartition(".")
            rest = [found[2] or "", *_more(lines[number + 1 :])]
            return Failure(type=name, module=module, value="\n".join(rest).strip(), frames=frames)
    return Failure(frames=frames) if frames else None


def _frames(lines: list[str]) -> Iterator[Frame]:
    """Without the place that a syntax error names: it is in the text that was read."""
    for match in filter(None, map(_FRAME.match, lines)):
        if match[3] or match[2]:
            yield Frame("", match[1] or match[2], (match[3] or "").partition("(")[0])


def _more(lines: list[str]) -> Iterator[str]:
    """The further lines of a message, up to the words that lead to the next traceback."""
    for line in lines:
        if line.startswith(_CHAINED):
            return
        yield line


def _grouped(trace: str) -> list[Failure]:
    """The members of a printed group, each under the number of the group that holds it."""
    found: list[Failure] = []
    top = _tree(trace.splitlines())
    _numbered(top, None, found)
    return found[::-1]


def _tree(lines: list[str]) -> _Node:
    """The gutter's indentation tells who belongs to whom; a ruled line starts a member."""
    top = _Node(0, [], [])
    path = [top]
    for line in lines:
        gutter = _GUTTER.match(line)
        if gutter is None:
            path[-1].lines.append(line)
            continue
        indent = len(gutter[1])
        while len(path) > 1 and path[-1].indent > indent:
            path.pop()
        if gutter[2] and any(map(str.isdigit, gutter[2])):
            started = _Node(indent + 2 * ("+-+" in line), [], [])
            if len(path) > 1 and path[-1].indent == started.indent:
                path.pop()
            path[-1].members.append(started)
            path.append(started)
        elif not gutter[2]:
            path[-1].lines.append(gutter[3])
    return top


def _numbered(node: _Node, parent: int | None, found: list[Failure]) -> None:
    text = "\n".join(node.lines)
    blocks = text.replace("Exception Group " + _HEADER, _HEADER).split(_HEADER)
    chain = [failure for block in blocks if (failure := _block(block)) and failure.type]
    for cause in reversed(chain):
        number = len(found)
        group = cause is chain[-1] and bool(node.members)
        found.append(cause._replace(id=number, parent=parent, group=group))
        if group:
            for member in node.members:
                _numbered(member, number, found)
        parent = number


LANGUAGE = Language(
    name="python",
    platforms=frozenset({"python"}),
    suffixes=(".py", ".pyx", ".pyc"),
    label=label,
    own=own,
    parse=parse,
    noise=noise,
    ends=True,
    said=bare_type,
)
