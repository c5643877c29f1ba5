"""Version 2: a printed trace and its frames often parted. Frames of Python and Node were known by
their module where the client told it, those of .NET with their namespace; frames that the client
marked counted otherwise than those whose paths told whose they are; types kept their modules. The
way into a compiled program counted.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from core.analysis.edition import Edition
from core.analysis.editions import third
from core.analysis.event import Frame
from core.analysis.language import Language, joined
from core.analysis.languages import dotnet, go, java, javascript, native, php, python, ruby
from core.analysis.place import file_name, stable
from core.analysis.symbol import machinery, symbol
from core.analysis.telling import ENOUGH, Named


def telling(own: Sequence[Named], named: Sequence[Named], language: Language) -> list[Named]:
    if own and not language.engines and any(frame.in_app for frame, _ in own):
        return [*own]
    if len({label for _, label in own}) < ENOUGH:
        return [*named]
    return [*own, named[-1]] if language.ends and named[-1] is not own[-1] else [*own]


def _python_label(frame: Frame) -> str:
    function = frame.function.rpartition("<locals>.")[2]
    if function in python.INLINED:
        return ""
    place = stable(frame.module) if frame.module else file_name(python.without_cell(frame.file))
    return joined(place, function if function != "?" else "")


def _python_own(frame: Frame) -> bool:
    return not any(mark in frame.file.replace("\\", "/") for mark in python.FOREIGN)


def _python_noise(frame: Frame) -> int:
    if frame.function in python.HARNESS:
        return 3
    if frame.module:
        return int(frame.module.startswith(python.MACHINERY))
    return int(bool(python.MACHINERY_FILE.search(frame.file.replace("\\", "/"))))


_MACHINE = re.compile(r"<(\w{1,200})>[a-z]__\w+(?:\|[\w_]+)?")


def _dotnet_label(frame: Frame) -> str:
    function = _clean(frame.function)
    if not frame.module and "." not in function:
        return joined(file_name(frame.file), function)
    return ".".join(filter(None, (_clean(frame.module), function)))


def _clean(name: str) -> str:
    if "<" in name:
        name = dotnet.CLOSURE.sub("", _MACHINE.sub(r"\1", name))
    name = dotnet.STEP.sub("", dotnet.ARITY.sub("", name)).replace("+", ".").replace(":", ".")
    return dotnet.JITTED.sub("", name).strip(". ")


def _javascript_label(frame: Frame) -> str:
    return javascript.label(frame._replace(file="") if frame.module else frame)


def _native_noise(frame: Frame) -> int:
    return machinery(symbol(frame.function), frame.file, frame.package)


def _go_own(frame: Frame) -> bool:
    return third.go_own(frame._replace(path=""))


def _ruby_own(frame: Frame) -> bool:
    return ruby.own(frame._replace(path=""))


def _as_it_came(kind: str, value: str) -> tuple[str, str]:
    return kind, value


_PYTHON = replace(
    python.LANGUAGE,
    label=_python_label,
    own=_python_own,
    noise=_python_noise,
    parse=python.read,
    said=_as_it_came,
)

SECOND: Final = Edition(
    version=2,
    telling=telling,
    believing=False,
    languages={
        "python": _PYTHON,
        "dotnet": replace(dotnet.LANGUAGE, label=_dotnet_label, said=_as_it_came),
        "java": replace(java.LANGUAGE, said=_as_it_came),
        "php": replace(php.LANGUAGE, label=php.name, said=_as_it_came),
        "javascript": replace(javascript.LANGUAGE, label=_javascript_label),
        "native": replace(native.LANGUAGE, noise=_native_noise),
        "go": replace(go.LANGUAGE, own=_go_own, generous=False),
        "rust": third.RUST,
        "ruby": replace(ruby.LANGUAGE, own=_ruby_own),
    },
)
