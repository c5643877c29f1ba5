"""What a task takes, and whether arguments fit it: found before a replay, not by it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from sqlalchemy.orm import Session

from core.errors import UnprocessableError
from core.model.deadletters import KnownTask

# JSON has these; an annotation that says more is not checked.
KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "list": (list,),
    "dict": (dict,),
}
WAKE_UP: Final = "wake_up"


class ArgumentsError(UnprocessableError):
    """The arguments do not fit the task."""

    code = "ML-DEAD-0003"


@dataclass(frozen=True, slots=True)
class Parameter:
    """`kind` is one of `KINDS`, or nothing where any value will do."""

    name: str
    required: bool = True
    kind: str | None = None

    def problem(self, value: Any) -> str | None:
        wanted = KINDS.get(self.kind or "")
        if wanted is None:
            return None
        fits = isinstance(value, wanted) and (bool in wanted or not isinstance(value, bool))
        return None if fits else f"`{self.name}` is not of the type {self.kind}"


@dataclass(frozen=True, slots=True)
class Signature:
    """A registered task of ours. `open`: it takes keywords that it does not name."""

    name: str
    delivery: str
    parameters: Sequence[Parameter] = ()
    open: bool = False

    @classmethod
    def of(cls, row: KnownTask) -> Self:
        named: list[Any] = [each for each in row.parameters if each["name"] != "**"]
        parameters = [Parameter(**each) for each in named]
        return cls(row.name, row.delivery, parameters, len(named) < len(row.parameters))

    def written(self) -> list[dict[str, Any]]:
        rest = [Parameter("**", required=False)] if self.open else []
        return [asdict(each) for each in (*self.parameters, *rest)]

    def problems(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[str]:
        """Sentences; none means that the call would be accepted."""
        found = ["tasks of ours take keyword arguments only"] if args else []
        known = {each.name: each for each in self.parameters}
        found += [
            f"`{name}` is missing" for name in known if known[name].required and name not in kwargs
        ]
        if not self.open:
            found += [f"`{name}` is not a parameter" for name in kwargs if name not in known]
        told = (known[name].problem(value) for name, value in kwargs.items() if name in known)
        return [*found, *filter(None, told)]


def signature(session: Session, task: str | None) -> Signature | None:
    """None for a task that no worker of ours has announced."""
    row = session.get(KnownTask, task) if task is not None else None
    return Signature.of(row) if row is not None else None


def check(found: Signature, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    if problems := found.problems(args, kwargs):
        sentences = "; ".join(problems)
        raise ArgumentsError(f"These arguments do not fit {found.name}: {sentences}.")
