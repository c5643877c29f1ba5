"""Families of errors: which part of a system failed, and what to read out of such an event."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from core.analysis.facts import Facts
from core.analysis.kinds import Kind, Kinds
from core.analysis.proposal import Proposal


@dataclass(frozen=True, slots=True)
class Family:
    """`weight` says how sure the family is that the failure is one of its own: 0 (no) to 1.

    Kinds and `context`, its own details, are asked only of the family that won. `prefix` begins
    the codes of its kinds.
    """

    name: str
    prefix: str
    about: str
    weight: Callable[[Facts], float]
    context: Callable[[Facts], Mapping[str, str]]
    kinds: Kinds

    def code(self, kind: Kind) -> str:
        """`DB-DEADLOCK`. Part of the interface: codes do not change."""
        return f"{self.prefix}-{kind.name.upper().replace('_', '-')}"


class Recognition(NamedTuple):
    family: str
    kind: Kind
    code: str
    context: tuple[tuple[str, str], ...]
    proposal: Proposal
