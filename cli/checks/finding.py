"""What a check found, and what that means for the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cli.failure import FAILED, UNREACHABLE


class State(StrEnum):
    """A note is for people to look at, and no fault."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Finding:
    """`advice` tells what to do; only what is in order has none."""

    name: str
    state: State
    detail: str
    advice: str = ""


def ok(name: str, detail: str) -> Finding:
    return Finding(name, State.OK, detail)


def note(name: str, detail: str, advice: str) -> Finding:
    return Finding(name, State.NOTE, detail, advice)


def wrong(name: str, detail: str, advice: str) -> Finding:
    return Finding(name, State.WRONG, detail, advice)


def exit_code(findings: Sequence[Finding]) -> int:
    """Unreachable is told before wrong: it may be the cause."""
    states = {finding.state for finding in findings}
    if State.UNREACHABLE in states:
        return UNREACHABLE
    return FAILED if State.WRONG in states else 0
