"""What a probe is: a question to a system outside whether it is well, answered in bounded time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Question:
    """`timeout` is in seconds."""

    probe: str
    arguments: Mapping[str, Any]
    timeout: float


@dataclass(frozen=True, slots=True)
class Finding:
    """`summary` is one line without secrets; `seconds` is how long the answer took."""

    healthy: bool
    summary: str
    seconds: float


class Probe(Protocol):
    """A system that does not answer is a finding. Arguments that cannot be used are an error."""

    name: str

    def ask(self, question: Question) -> Finding: ...
