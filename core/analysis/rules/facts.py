"""What the conditions of rules look at: the words of one event, by field."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from core.analysis.chain import Chain
from core.analysis.event import ErrorEvent, Failure, Frame, tag, text
from core.analysis.result import Classification
from core.analysis.rules.glob import joined

TAG: Final = "tag."


class Facts:
    """Read when a rule asks, once for all rules."""

    __slots__ = ("_known", "chain", "classification", "event")

    def __init__(self, event: ErrorEvent, chain: Chain, classification: Classification) -> None:
        self.event = event
        self.chain = chain
        self.classification = classification
        self._known: dict[str, str] = {}

    def values(self, field: str) -> str:
        """All values of a field, `joined`."""
        found = self._known.get(field)
        if found is None:
            found = self._known[field] = joined(dict.fromkeys(self._read(field)))
        return found

    def reclassified(self, classification: Classification) -> None:
        """What later rules see."""
        self.classification = classification
        for field in ("category", "family", "severity"):
            self._known.pop(field, None)

    def failures(self) -> tuple[Failure, ...]:
        return self.chain.failures or self.event.failures

    def frames(self) -> Iterator[Frame]:
        for failure in self.failures():
            yield from failure.frames
        yield from self.event.frames

    def _read(self, field: str) -> Iterator[str]:
        if field.startswith(TAG):
            yield tag(self.event.raw, field.removeprefix(TAG))
        else:
            yield from FIELDS[field](self)


def _types(facts: Facts) -> Iterator[str]:
    """With and without its module, however the client wrote it."""
    for failure in facts.failures():
        yield failure.type
        yield failure.type.rpartition(".")[2]
        if failure.module and failure.type:
            yield f"{failure.module}.{failure.type}"


def _messages(facts: Facts) -> Iterator[str]:
    for failure in facts.failures():
        yield failure.value
    yield facts.event.message
    yield facts.event.template


def _modules(facts: Facts) -> Iterator[str]:
    for failure in facts.failures():
        yield failure.module
    for frame in facts.frames():
        yield frame.module


def _paths(facts: Facts) -> Iterator[str]:
    for frame in facts.frames():
        yield frame.file.replace("\\", "/")


def _functions(facts: Facts) -> Iterator[str]:
    for frame in facts.frames():
        yield frame.function


def _told(name: str) -> Callable[[Facts], Iterator[str]]:
    def read(facts: Facts) -> Iterator[str]:
        yield text(facts.event.raw.get(name))

    return read


def _component(facts: Facts) -> Iterator[str]:
    yield tag(facts.event.raw, "component")


def _category(facts: Facts) -> Iterator[str]:
    yield facts.classification.category.value


def _family(facts: Facts) -> Iterator[str]:
    yield facts.classification.family


def _severity(facts: Facts) -> Iterator[str]:
    yield facts.classification.severity.value


FIELDS: Final[Mapping[str, Callable[[Facts], Iterator[str]]]] = {
    "type": _types,
    "message": _messages,
    "module": _modules,
    "path": _paths,
    "function": _functions,
    "release": _told("release"),
    "environment": _told("environment"),
    "level": _told("level"),
    "platform": _told("platform"),
    "logger": _told("logger"),
    "transaction": _told("transaction"),
    "component": _component,
    "category": _category,
    "family": _family,
    "severity": _severity,
}
