"""PHP: anonymous classes and closures without paths; traces as the interpreter prints them."""

import re

from core.analysis.event import Failure, Frame
from core.analysis.language import Language, bare_type, joined
from core.analysis.place import file_name

_ANONYMOUS = re.compile(r"(?:class)?@anonymous[\x00:][^\s:]{0,400}(?::\d+\$\w+)?")
_CLOSURE = re.compile(r"(?:[\w\\]{1,300}\\)?\{closure(?::[^}]{0,400})?\}")
_COMPILED = re.compile(r"(?<=_)[0-9a-f]{13,64}(?=$|\W|_)")
_HEAD = re.compile(
    r"(?:PHP )?(?:Fatal error: {1,2}Uncaught |Next "
    r"|^|\bException: )([\w\\]{1,200}): ([^\n]{0,2000}?) in (\S{1,400}?)(?::|\()\d+\)?"
    r"|\(([\w\\]{1,200})\(code: [^)\n]{0,20}\): ([^\n]{0,2000}?) at (\S{1,400}):\d+\)"
)
_FRAME = re.compile(
    r"^#\d+ (?:([^\n(]{1,400})\(\d+\)(?: : (?:eval\(\)'d code|runtime-created function)\(\d+\))?"
    r"|\[internal function\]): ([^\n(]{1,300})\(",
    re.MULTILINE,
)
_INTERNAL = "[internal]"


def label(frame: Frame) -> str:
    """Files by their place in the project, whose root clients take for the root of all."""
    return name(frame._replace(file=frame.file.lstrip("/")))


def name(frame: Frame) -> str:
    function = _CLOSURE.sub("{closure}", _ANONYMOUS.sub("@anonymous", frame.function))
    if "::" in function or "->" in function:
        return _COMPILED.sub("#", function).replace("->", "::")
    file = "" if frame.file == _INTERNAL else file_name(frame.file.partition("(")[0])
    return joined(frame.module or file, function)


def own(frame: Frame) -> bool:
    return "/vendor/" not in frame.file and frame.file not in (_INTERNAL, "")


def parse(trace: str) -> list[Failure]:
    """`Next` introduces the exception that wrapped the one before it."""
    if "#0 " not in trace:
        return []
    # Within JSON, as some loggers write it, namespaces have their marks twice.
    trace = trace.replace("\\\\", "\\")
    blocks = re.split(r"\n(?=Next )", trace)
    return [failure for block in blocks if (failure := _block(block))]


def _block(block: str) -> Failure | None:
    """A line names the function that was called, and where it was called from."""
    calls = [(match[1] or _INTERNAL, match[2]) for match in _FRAME.finditer(block)]
    head = _HEAD.search(block)
    if not calls and not (head and "{main}" in block):
        return None
    places = [(head[3] or head[6]) if head else "", *(file for file, _ in calls)]
    functions = [*(function for _, function in calls), ""]
    frames = [Frame("", *pair) for pair in zip(places, functions, strict=True) if any(pair)]
    kind = ((head[1] or head[4]) if head else "").rpartition("\\")[2]
    value = ((head[2] or head[5] or "") if head else "").strip()
    return Failure(type=kind, value=value, frames=tuple(reversed(frames)))


LANGUAGE = Language(
    name="php",
    platforms=frozenset({"php"}),
    suffixes=(".php", ".phtml"),
    label=label,
    own=own,
    parse=parse,
    said=bare_type,
)
