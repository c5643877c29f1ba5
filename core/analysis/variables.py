"""What `{{ … }}` stands for in fingerprints and titles that people write."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from core.analysis.chain import Chain
from core.analysis.event import ErrorEvent, Failure, Frame, tag, text
from core.analysis.place import file_name
from core.analysis.template import headline, normalise

# `{{ name }}`, with quotes around the name or around the whole if people like; `tags["name"]`, too.
_QUOTE: Final = r"[\"'`]?"
_VARIABLE: Final = re.compile(
    r"\{\{\s{0,20}" + _QUOTE + r"([\w.:/-]{1,100})(?:\[[\"']([^\"'\]]{1,100})[\"']\])?"
    r"" + _QUOTE + r"\s{0,20}\}\}"
)
_WHOLE: Final = re.compile(r"\s*([\"'`]?)(" + _VARIABLE.pattern + r")\1\s*")
DEFAULT: Final = "default"
_FIELDS: Final = frozenset(
    {"transaction", "level", "logger", "release", "environment", "platform", "culprit", "dist"}
)
_GROUPS: Final = ("error.", "exception.", "stack.", "event.")
_TAGS: Final = ("tags.", "tag.")


class Variable(NamedTuple):
    """`written` is what stands in the text; a tag's name keeps its capitals."""

    name: str
    written: str

    @property
    def tag(self) -> str:
        prefix = next((each for each in _TAGS if self.name.lower().startswith(each)), "")
        return self.name[len(prefix) :]

    @property
    def bare(self) -> str:
        """Without the word that only says where it is from."""
        low = self.name.lower()
        prefix = next((each for each in _GROUPS if low.startswith(each)), "")
        return low[len(prefix) :]


def alone(given: str) -> Variable | None:
    """The variable that is all of a text."""
    found = _WHOLE.fullmatch(given) if "{{" in given else None
    return _variable(found[2], found[3], found[4]) if found else None


def filled(given: str, value: Callable[[Variable], str | None]) -> str:
    """The text with its variables replaced; one that `value` does not know stays, neatly spaced."""
    if "{{" not in given:
        return given

    def replaced(match: re.Match[str]) -> str:
        variable = _variable(match[0], match[1], match[2])
        found = value(variable)
        return "{{ " + variable.name + " }}" if found is None else found

    return _VARIABLE.sub(replaced, given)


def named(given: str) -> list[Variable]:
    """All variables of a text."""
    return [_variable(match[0], match[1], match[2]) for match in _VARIABLE.finditer(given)]


def is_known(variable: Variable) -> bool:
    """Whether it stands for something on every event; other names are looked up among the tags."""
    bare = variable.bare
    return (
        bare in {DEFAULT, "title", "value", "message", "type", *_PLACES}
        or variable.name.lower() in _FIELDS
        or variable.tag != variable.name
    )


def value_of(variable: Variable, event: ErrorEvent, chain: Chain) -> str | None:
    """What identifies: messages as templates, files without what changes from build to build."""
    bare, main = variable.bare, chain.main or Failure()
    if bare in {"value", "message"}:
        return normalise(headline(main.value or event.template))
    if bare == "type":
        return main.type
    if bare in _PLACES:
        return _PLACES[bare](chain.crashed or Frame("", "", ""))
    if variable.name.lower() in _FIELDS:
        return text(event.raw.get(variable.name.lower()))
    return tag(event.raw, variable.tag) or None


def shown_of(variable: Variable, event: ErrorEvent, chain: Chain) -> str | None:
    """What people read: the message as it was."""
    if variable.bare in {"value", "message"}:
        main = chain.main or Failure()
        return headline(main.value or event.message)
    return value_of(variable, event, chain)


def _variable(written: str, name: str, item: str | None) -> Variable:
    return Variable(f"{name}.{item}" if item else name, written)


_PLACES: Final[dict[str, Callable[[Frame], str]]] = {
    "function": lambda frame: frame.function,
    "module": lambda frame: frame.module or frame.file,
    "abs_path": lambda frame: frame.file or frame.module,
    "filename": lambda frame: file_name(frame.file) or frame.module,
    "package": lambda frame: file_name(frame.package),
}
