"""What a condition is: it measures series, all rules of a kind in one query. Base of a family.

A condition knows nothing of thresholds and states; rules do.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol, runtime_checkable

from sqlalchemy.orm import Session

from core.alerts.units import QuantityError, Unit, quantity

# Of one series: names and values, in the order of the names.
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """One number that a condition can measure.

    `empty` is its value where a series has no rows: 0 for what is counted, none for what is not
    known. `low` marks a number of which little is bad.
    """

    name: str
    unit: Unit
    about: str
    empty: float | None = None
    low: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """What is measured; rules that measure the same share the answer.

    `by` names the labels that make a series. `options` are the condition's own.
    """

    kind: str
    metric: str
    over: timedelta
    by: tuple[str, ...]
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def name(self) -> str:
        return f"{self.kind}.{self.metric}"

    def option(self, name: str, default: Any = None) -> Any:
        return dict(self.options).get(name, default)


class About(NamedTuple):
    """The rows that a series belongs to, for those who look further."""

    project_id: int | None = None
    issue_id: int | None = None
    release: str | None = None


NOTHING = About()


class Sample(NamedTuple):
    """One series now. Without a value nothing is known of it; `told` says more of the value."""

    labels: Labels
    value: float | None
    about: About = NOTHING
    told: str = ""


Answers = Mapping[Measure, Sequence[Sample]]


class Look(NamedTuple):
    """When is looked, and what projects are called; shared by all conditions of one evaluation."""

    at: datetime
    projects: Mapping[int, str]

    def project(self, project_id: int | None) -> str:
        return self.projects.get(project_id, str(project_id)) if project_id is not None else ""


class Condition(Protocol):
    """`historic`: whether it can tell how things stood at an earlier moment.

    `labels` are what its series can be told apart by, `by` what they are unless a rule says other;
    `options` what a rule may set besides, with what each is.
    """

    @property
    def kind(self) -> str: ...
    @property
    def about(self) -> str: ...
    @property
    def metrics(self) -> Mapping[str, Metric]: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def by(self) -> tuple[str, ...]: ...
    @property
    def over(self) -> timedelta: ...
    @property
    def historic(self) -> bool: ...
    @property
    def options(self) -> Mapping[str, str]: ...

    def measure(self, session: Session, measures: Collection[Measure], look: Look) -> Answers: ...


@runtime_checkable
class Particular(Protocol):
    """A condition whose options have to make sense; `wrong` tells what does not."""

    def wrong(self, measure: Measure) -> str | None: ...


def fewest_of(measure: Measure, usual: int) -> float:
    """With less than that a number rests on too little, and is not known."""
    return quantity(measure.option("fewest", usual), Unit.COUNT)


def wrong_fewest(measure: Measure) -> str | None:
    try:
        fewest_of(measure, 1)
    except QuantityError as error:
        return f"'fewest': {error}"
    return None


def named(*metrics: Metric) -> dict[str, Metric]:
    return {metric.name: metric for metric in metrics}


def labels(by: Sequence[str], values: Mapping[str, str | None]) -> Labels:
    """Of the series; what is not known is left out."""
    return tuple((name, value) for name in sorted(by) if (value := values.get(name)))
