"""PHP: anonymous classes and closures without paths; traces as the interpreter prints them."""

import re

from core.analysis.event import Failure, Frame
from core.analysis.language import Language, joined
from core.analysis.place import file_name

_ANONYMOUS = re.compile(r"(?:class)?@anonymous[\x00:][^\s:]{0,400}(?::\d+\$\w+)?")
_CLOSURE = re.compile(r"\{closure(?::[^}]{0,400})?\}")
_HEAD = re.compile(
    r"(?:PHP )?(?:Fatal error: {1,2}Uncaught |Next "
    r"|^)([\w\\]{1,200}): (.{0,2000}?) in (\S{1,400}?)(?::|\()\d+\)?"
)
_FRAME = re.compile(
    r"^#\d+ (?:([^\n(]{1,400})\(\d+\)|\[internal function\]): ([^\n(]{1,300})\(", re.MULTILINE
)


def label(frame: Frame) -> str:
    function = _CLOSURE.sub("{closure}", _ANONYMOUS.sub("@anonymous", frame.function))
    if "::" in function or "->" in function:
        return function.replace("->", "::")
    return joined(frame.module or file_name(frame.file), function)


def own(frame: Frame) -> bool:
    return "/vendor/" not in frame.file and frame.file not in ("[internal]", "")


def parse(trace: str) -> list[Failure]:
    """`Next` introduces the exception that wrapped the one before it."""
    if "#0 " not in trace:
        return []
    found = []
    blocks = re.split(r"\n(?=Next )", trace)
    for block in blocks:
        head = _HEAD.search(block)
        frames = [Frame("", match[1] or "[internal]", match[2]) for match in _FRAME.finditer(block)]
        if head and frames:
            raised = Frame("", head[3], frames[0].function)
            name = head[1].rpartition("\\")[2]
            value = head[2].strip()
            found.append(Failure(type=name, value=value, frames=(*frames[::-1], raised)))
    return found


LANGUAGE = Language(
    name="php",
    platforms=frozenset({"php"}),
    suffixes=(".php", ".phtml"),
    label=label,
    own=own,
    parse=parse,
)
