"""What a saga consists of: steps with names, how each is done, and how it is undone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from core.errors import ConfigurationError, DependencyError, UnprocessableError

Result = Mapping[str, Any] | None
_FIELDS: Final = frozenset({"name", "steps", "deadline"})
_STEP_FIELDS: Final = frozenset({"name", "do", "undo", "attempts"})


class UnknownSagaError(DependencyError):
    """No saga of that name, or no such step of it, is known to this process."""

    code = "ML-SAGA-0001"


class UndeclaredSagaError(UnprocessableError):
    """A saga was asked for that nobody has declared here."""

    code = "ML-SAGA-0007"


class SagaDefinitionError(ConfigurationError):
    """A saga is not declared as it has to be."""

    code = "ML-SAGA-0002"


@dataclass(frozen=True, slots=True)
class Turn:
    """What a step works with.

    What it does in `session` is committed together with the step, exactly once. What it does
    elsewhere may happen again, with the same `key`. `results` are those of the steps before it,
    and when it is undone its own, if there is one.
    """

    saga_id: int
    session: Session
    arguments: Mapping[str, Any]
    results: Mapping[str, Any]
    key: str


Act = Callable[[Turn], Result]


@dataclass(frozen=True, slots=True)
class Step:
    """`undo` has to be content where there is nothing to undo: it is asked of each step that began.

    `attempts` of doing it; undoing is tried for longer.
    """

    name: str
    do: Act
    undo: Act | None = None
    attempts: int = 5


@dataclass(frozen=True, slots=True)
class Saga:
    """`deadline` in seconds from its start; a saga that is not done by then is undone."""

    name: str
    steps: Sequence[Step]
    deadline: float | None = None

    def __post_init__(self) -> None:
        names = [step.name for step in self.steps]
        if not names or len(set(names)) != len(names):
            raise SagaDefinitionError(f"The steps of the saga {self.name} need a name each.")

    def step(self, name: str) -> Step:
        for step in self.steps:
            if step.name == name:
                return step
        raise UnknownSagaError(f"The saga {self.name} has no step {name} in this version.")


def declared(plain: Mapping[str, Any]) -> Saga:
    """Out of plain values, so that whoever declares one needs nothing of ours."""
    try:
        _refuse_unknown(plain, _FIELDS)
        steps = []
        for each in plain["steps"]:
            _refuse_unknown(each, _STEP_FIELDS)
            steps.append(Step(**each))
        return Saga(str(plain["name"]), tuple(steps), plain.get("deadline"))
    except (KeyError, TypeError, ValueError) as error:
        raise SagaDefinitionError(f"A saga is declared wrongly: {error!r}.") from error


def _refuse_unknown(plain: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = sorted(set(plain) - known)
    if unknown:
        raise ValueError(f"unknown: {', '.join(unknown)}")


class Registry:
    """The sagas of a process by name; `load` is asked for more when a name is not among them."""

    def __init__(self, load: Callable[[], Iterator[Saga]] = lambda: iter(())) -> None:
        self._load: Callable[[], Iterator[Saga]] | None = load
        self._known: dict[str, Saga] = {}

    def add(self, saga: Saga) -> None:
        self._known[saga.name] = saga

    def get(self, name: str) -> Saga:
        if name not in self._known and self._load is not None:
            load, self._load = self._load, None
            for saga in load():
                self._known.setdefault(saga.name, saga)
        if name not in self._known:
            known = ", ".join(sorted(self._known)) or "none"
            raise UnknownSagaError(f"There is no saga {name} in this process; known: {known}.")
        return self._known[name]
