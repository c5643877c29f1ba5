"""What a check is: it looks, it tells, and where that is possible it mends."""

from collections.abc import Callable
from dataclasses import dataclass

from core.store.engine import Database


@dataclass(frozen=True, slots=True)
class Fault:
    """`count` things are wrong; `detail` says what."""

    count: int
    detail: str


@dataclass(frozen=True, slots=True)
class Check:
    """`look` answers with no fault when all is well. `mend` tells what it did.

    Without `mend` nothing can be done here: `advice` says who can.
    """

    name: str
    look: Callable[[Database], Fault | None]
    mend: Callable[[Database], str] | None = None
    advice: str = "`mendline doctor --deep --fix` mends it."


@dataclass(frozen=True, slots=True)
class Outcome:
    """`left` is what is still wrong; `done` is what was mended."""

    check: Check
    found: Fault | None
    left: Fault | None
    done: str = ""


def examine(database: Database, check: Check, *, fix: bool = False) -> Outcome:
    """Looks again after mending: what was mended is proven."""
    found = check.look(database)
    if found is None or not fix or check.mend is None:
        return Outcome(check, found, found)
    done = check.mend(database)
    return Outcome(check, found, check.look(database), done)
