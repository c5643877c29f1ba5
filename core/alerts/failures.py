"""Conditions that cannot be asked: said when it begins, when its cause changes, and when it ends.

Rules are looked at every two seconds; a log line at each look would bury everything else.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.alerts.rule import Rule
from core.errors import ConfigurationError

# What a condition may come to, be it by an option or a number that nobody thought of.
CAUSES: Final = (
    *(SQLAlchemyError, ConfigurationError),
    *(ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
)
log = structlog.get_logger()


class Failures:
    """Of one process, by kind of condition: why it failed last, and the rules that it is for."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, frozenset[str]]] = {}

    def tell(
        self, failed: Mapping[str, Exception], asked: Collection[str], rules: Iterable[Rule]
    ) -> None:
        """`asked` are the kinds of this look; what was not asked is as it was."""
        names: dict[str, set[str]] = {kind: set() for kind in failed}
        for rule in rules:
            if rule.measure.kind in names:
                names[rule.measure.kind].add(rule.name)
        for kind, error in failed.items():
            told = (_cause(error), frozenset(names[kind]))
            if self._known.get(kind) != told:
                self._known[kind] = told
                log.warning(
                    "alerts.condition_failed", kind=kind, error=told[0], rules=sorted(told[1])
                )
        for kind in self._known.keys() & set(asked) - failed.keys():
            del self._known[kind]
            log.info("alerts.condition_works", kind=kind)


def _cause(error: Exception) -> str:
    """Without the statement and its parameters, which are others at each look."""
    told = error.orig if isinstance(error, SQLAlchemyError) and hasattr(error, "orig") else error
    return f"{type(told).__name__}: {str(told).partition(chr(10))[0]}"
