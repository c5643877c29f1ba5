"""C#, F# and other languages of .NET: the compiler's state machines and closures under their
own names.
"""

import re

from core.analysis.event import Failure, Frame
from core.analysis.language import Language, bare_type, joined
from core.analysis.place import file_name

_MACHINE = re.compile(
    r"<(?:<(\w{1,200})>[a-z]__\w+>|(\w{1,200})>(?=[a-z]__))[a-z](?:__\w+(?:\|[\w_]+)?)?"
)
CLOSURE = re.compile(r"[.+]?<>[cf]\w*(?:<[^>]{0,100}>)?")
ARITY = re.compile(r"`\d+|\[[^\]]{0,300}\]+|\s?\([^)]{0,1000}\)")
_BODY = re.compile(r" ?\{ ?<lambda> ?\}$")
_TYPE_ARGUMENTS = re.compile(r"(?<=\w)<[^<>]{1,300}>")
_DEEPEST = 4
_CLASS_AND_METHOD = 2
STEP = re.compile(r"[.+]?(?<![a-z])MoveNext$")
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
_AWAITING = (
    "System.Runtime.", "System.Threading.", "System.ThrowHelper", "Microsoft.Extensions.Hosting.",
)  # fmt: skip
_HEAD = re.compile(
    r"(?:^|---> )\s{0,10}(?:Unhandled exception\. "
    r"|Unhandled Exception:\s{1,3}|\[ERROR\] FATAL UNHANDLED EXCEPTION: "
    r"|\(Inner Exception #\d+\) )?"
    r"([A-Z][\w+`]{0,100}(?:\.[A-Z_][\w+`]{0,100})+|[A-Z]\w{0,100}Exception)"
    r"(?: \((?:0x)?[0-9A-Fa-f]+\))?(?:: (.*?))?(?= ---> |<---|$)"
)
_FRAME = re.compile(
    r"^\s+at ([^\s(][^\n(]{0,400})\(([^\n]{0,1000}?)\)(?: \[0x[0-9a-f]{1,8}\])?"
    r"(?: in ([^\n]{1,500}?):(?:line )?\d+)?(?:<---)?\s*$"
)
# Unity's own way: `Script.Method () (at Assets/Script.cs:12)`.
_UNITY = re.compile(r"^([\w.+<>`/:]{1,300}) ?\([^()\n]{0,300}\) \(at ([^()\n]{1,300}):\d+\)\s*$")
_END = "--- End of inner exception stack trace ---"
_MEMBER = re.compile(r"^\s*---> \(Inner Exception #\d+\) ", re.MULTILINE)
JITTED = re.compile(r"(?<=lambda_method)\d+")


def label(frame: Frame) -> str:
    """The class and its method: not all clients tell the namespace, and older run-times show an
    asynchronous method as a class of its own.
    """
    whole = _path(frame)
    if not frame.module and "." not in whole:
        return joined(file_name(frame.file), whole)
    return ".".join(whole.split(".")[-_CLASS_AND_METHOD:])


def _path(frame: Frame) -> str:
    """Namespace, class and method as the source has them."""
    function = frame.function
    if " " in function or "(" in function:
        function = _declared(function)
    return ".".join(filter(None, (_clean(frame.module), _clean(function))))


def _declared(function: str) -> str:
    """The name in a declaration: `async Task<int> Shop.Cart.Pay(int id)+(string x) => { }`."""
    head = _BODY.sub("", function)
    for _ in range(_DEEPEST):
        head = _TYPE_ARGUMENTS.sub("", head)
    head = head.partition("(")[0].strip()
    return head.rpartition(" ")[2] + (".ctor" if head.startswith("new ") else "")


def _clean(name: str) -> str:
    if "<" in name:
        name = CLOSURE.sub("", _MACHINE.sub(r"\1\2", name))
    name = STEP.sub("", ARITY.sub("", name)).replace("+", ".").replace(":", ".")
    return JITTED.sub("", name).strip(". ")


def own(frame: Frame) -> bool:
    name = frame.module or frame.function
    return bool(name) and not name.startswith(_FOREIGN)


def noise(frame: Frame) -> int:
    return 2 * (frame.module or frame.function).startswith(_AWAITING)


def parse(trace: str) -> list[Failure]:
    """An aggregate prints its first member as its cause, and then all of them with numbers."""
    top, *members = _MEMBER.split(trace)
    chain = _chain(top)
    if not members or not chain:
        return chain
    found = [chain[-1]._replace(id=0, group=True)]
    for member in members:
        parent = 0
        for failure in reversed(_chain(member)):
            found.append(failure._replace(id=len(found), parent=parent))
            parent = len(found) - 1
    return found[::-1]


def _chain(trace: str) -> list[Failure]:
    """`Outer ---> Inner`, then the inner one's frames, its end mark, and the outer one's frames."""
    heads: list[tuple[str, str]] = []
    stacks: list[list[Frame]] = [[]]
    for line in trace.splitlines():
        if frame := _FRAME.match(line):
            stacks[-1].append(_frame(frame[1].strip(), frame[3] or ""))
        elif unity := _UNITY.match(line):
            stacks[-1].append(_frame(unity[1].replace(":", "."), unity[2]))
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
    return Frame(module, "" if file.startswith("<") else file, function)


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
    noise=noise,
    said=bare_type,
)
