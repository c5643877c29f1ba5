"""The languages analysis knows, and which of them an event or a printed trace is in."""

from collections.abc import Mapping
from types import MappingProxyType

from core.analysis.event import Failure, Frame
from core.analysis.language import Language
from core.analysis.languages import (
    dart,
    dotnet,
    elixir,
    generic,
    go,
    java,
    javascript,
    native,
    php,
    powershell,
    python,
    ruby,
    rust,
)

# In the order in which a printed trace is tried: the surest marks first.
LANGUAGES: tuple[Language, ...] = (
    python.LANGUAGE,
    go.LANGUAGE,
    rust.LANGUAGE,
    elixir.LANGUAGE,
    dart.LANGUAGE,
    powershell.LANGUAGE,
    php.LANGUAGE,
    native.LANGUAGE,
    ruby.LANGUAGE,
    java.LANGUAGE,
    dotnet.LANGUAGE,
    javascript.LANGUAGE,
)
GENERIC = generic.LANGUAGE
# Without any of these a text is no stack trace.
_MARKS = (
    "at ", 'File "', "#0 ", "#1 ", ":in ", "goroutine ", "panic", "@", "At ", ".ex:", ".erl",
    "[0x", " 0x", ".go:", "Line |", "dart ", ".exs:",
)  # fmt: skip
_END_LINES = 300
_AS_THEY_ARE: Mapping[str, Language] = MappingProxyType({})
_BY_PLATFORM = {platform: language for language in LANGUAGES for platform in language.platforms}


def spoken(platform: str, frames: tuple[Frame, ...]) -> Language:
    """The language of the platform, else that of the file names."""
    known = _BY_PLATFORM.get(platform)
    if known:
        return known
    for frame in reversed(frames):
        for language in LANGUAGES:
            if frame.file.endswith(language.suffixes):
                return language
    return GENERIC


def printed(
    trace: str, platform: str = "", otherwise: Mapping[str, Language] = _AS_THEY_ARE
) -> tuple[Language, list[Failure]]:
    """The failures in a stack trace that came as text, causes first; none if it is no trace.

    The language of the platform is tried first: of what it reads it knows best. `otherwise`: by
    name, languages that are to be read in another way.
    """
    if not any(mark in trace for mark in _MARKS):
        return GENERIC, []
    trace = _without_middle(trace)
    first = _BY_PLATFORM.get(platform)
    for language in (first, *LANGUAGES) if first else LANGUAGES:
        read = otherwise.get(language.name, language)
        failures = read.parse(trace) if read.parse else []
        if any(failure.frames for failure in failures):
            return read, failures
    return GENERIC, []


def _without_middle(trace: str) -> str:
    """Both ends of a trace that endless recursion made long: one of them says what failed."""
    lines = trace.splitlines()
    if len(lines) <= 2 * _END_LINES:
        return trace
    return "\n".join((*lines[:_END_LINES], *lines[-_END_LINES:]))
