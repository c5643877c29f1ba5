"""C#, F# and other languages of .NET: the compiler's state machines and closures under their
own names.
"""

import re

from core.analysis.event import Failure, Frame
from core.analysis.language import Language, joined
from core.analysis.place import file_name

_MACHINE = re.compile(r"<(\w{1,200})>[a-z]__\w+(?:\|[\w_]+)?")
_CLOSURE = re.compile(r"[.+]?<>[cf]\w*(?:<[^>]{0,100}>)?")
_ARITY = re.compile(r"`\d+|\[[^\]]{0,300}\]+|\s?\([^)]{0,1000}\)")
_STEP = re.compile(r"[.+]?(?<![a-z])MoveNext$")
_FOREIGN = (
    "System.",
    "Microsoft.",
    "Newtonsoft.",
    "Npgsql.",
    "Serilog.",
    "Grpc.",
    "UnityEngine.",
    "Mono.",
)
_HEAD = re.compile(
    r"(?:^|---> )\s{0,10}(?:Unhandled exception\. "
    r"|Unhandled Exception: )?([A-Z][\w+`]{0,100}(?:\.[A-Z][\w+`]{0,100})+)"
    r"(?: \((?:0x)?[0-9A-Fa-f]+\))?(?:: (.*?))?(?= ---> |$)"
)
_FRAME = re.compile(
    r"^\s+at ([^\s(][^\n(]{0,400})\(([^\n]{0,1000}?)\)(?: in ([^\n]{1,500}?):line \d+)?\s*$"
)
_END = "--- End of inner exception stack trace ---"


def label(frame: Frame) -> str:
    place = _clean(frame.module)
    function = _clean(frame.function)
    if place:
        return joined(place, function)
    return function if "." in function else joined(file_name(frame.file), function)


def _clean(name: str) -> str:
    if "<" in name:
        name = _CLOSURE.sub("", _MACHINE.sub(r"\1", name))
    return _STEP.sub("", _ARITY.sub("", name)).replace("+", ".").strip(".")


def own(frame: Frame) -> bool:
    name = frame.module or frame.function
    return bool(name) and not name.startswith(_FOREIGN)


def parse(trace: str) -> list[Failure]:
    """`Outer ---> Inner`, then the inner one's frames, its end mark, and the outer one's frames."""
    heads: list[tuple[str, str]] = []
    stacks: list[list[Frame]] = [[]]
    for line in trace.splitlines():
        frame = _FRAME.match(line)
        if frame:
            stacks[-1].append(_frame(frame[1], frame[3] or ""))
        elif line.strip() == _END:
            stacks.append([])
        else:
            heads += [(match[1], match[2] or "") for match in _HEAD.finditer(line)]
    if not heads or not any(stacks):
        return []
    return [
        _failure(name, value, stack)
        for (name, value), stack in zip(reversed(heads), stacks, strict=False)
    ]


def _frame(name: str, file: str) -> Frame:
    module, _, function = name.rpartition(".")
    return Frame(module, file, function)


def _failure(name: str, value: str, stack: list[Frame]) -> Failure:
    module, _, short = name.rpartition(".")
    return Failure(type=short, module=module, value=value.strip(), frames=tuple(reversed(stack)))


LANGUAGE = Language(
    name="dotnet",
    platforms=frozenset({"csharp", "dotnet", "fsharp", "vb"}),
    suffixes=(".cs", ".fs", ".vb", ".cshtml"),
    label=label,
    own=own,
    parse=parse,
)
