"""Rules of alerts from YAML: thresholds by component in few words, or whole rules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NamedTuple

from config.alerts_file import AlertsFileError, Document, document
from core.alerts.entry import Entry, Step
from core.alerts.reading import read
from core.alerts.rule import Rule
from core.analysis.rules.problem import Problem

SHIPPED: Final = "defaults/alerts.yaml"
WHOLE: Final = "global"
# Parts of the file that others read.
OTHERS: Final = frozenset(
    {
        *("notification_channels", "channels", "route", "routes", "receivers", "inhibit_rules"),
        *("oncall", "budgets", "templates", "mute_times", "time_intervals", "silences"),
    }
)
OWN: Final = frozenset({"global", "components", "rules"})


class Threshold(NamedTuple):
    """What one word of the short form means, as a rule without its number."""

    name: str
    body: Mapping[str, Any]
    side: str
    word: str = "component"


# The short form knows no severities; its channels take critical and high ones.
GLOBAL: Final[Mapping[str, Threshold]] = {
    "error_rate_threshold": Threshold(
        "error rate",
        {"measure": "issue.event_rate", "over": "1m", "by": [], "severity": "high"},
        "above",
    ),
    "recovery_rate_threshold": Threshold(
        "recovery rate",
        {"measure": "recovery.rate", "over": "1h", "by": [], "severity": "high"},
        "below",
    ),
}
COMPONENT: Final[Mapping[str, Threshold]] = {
    "error_threshold": Threshold(
        "error rate", {"measure": "component.error_rate", "over": "1m", "severity": "high"}, "above"
    ),
    "consecutive_failures": Threshold(
        "consecutive failures",
        {"measure": "component.consecutive_failures", "over": "5m", "severity": "high"},
        "at_least",
    ),
    "response_time_threshold": Threshold(
        "response time", {"measure": "component.p95", "over": "5m", "severity": "high"}, "above"
    ),
    "crash_threshold": Threshold(
        "crashes",
        {
            "measure": "issue.crashes",
            "over": "5m",
            "by": ["project", "component"],
            "severity": "critical",
        },
        "at_least",
    ),
    "memory_threshold": Threshold(
        "memory", {"measure": "component.memory", "over": "5m", "severity": "high"}, "above"
    ),
    "connection_loss_threshold": Threshold(
        "connection loss",
        {"measure": "component.connections_lost", "over": "5m", "severity": "critical"},
        "at_least",
    ),
    "circuit_breaker_open_duration": Threshold(
        "breaker open",
        {"measure": "breaker.open_for", "severity": "critical"},
        "at_least",
        word="breaker",
    ),
}


@dataclass(frozen=True, slots=True)
class Written:
    """A rule, the project it names, and its body as it is stored."""

    rule: Rule
    body: Mapping[str, Any]
    line: int

    @property
    def project(self) -> str | None:
        found = self.body.get("project")
        return None if found is None else str(found)


@dataclass(frozen=True, slots=True)
class Reading:
    """Rules without a mistake, and all problems of the others, in the order of their lines."""

    rules: tuple[Written, ...] = ()
    problems: tuple[Problem, ...] = ()
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def usable(self) -> bool:
        return not any(problem.fatal for problem in self.problems)


def read_text(text: str) -> Reading:
    return _reading(Document(text))


def read_file(file: Path) -> Reading:
    return _reading(document(file))


def checked(file: Path) -> Reading:
    """Of a file without a mistake, else `AlertsFileError`."""
    found = read_file(file)
    if not found.usable:
        raise AlertsFileError(list(found.problems), file=str(file))
    return found


@lru_cache(maxsize=1)
def shipped() -> Reading:
    """Mendline's own rules, loaded once a process."""
    return read_text(shipped_text())


def shipped_text() -> str:
    return files("config").joinpath(SHIPPED).read_text("utf-8")


def _reading(found: Document) -> Reading:
    if found.problems:
        return Reading((), tuple(found.problems))
    reader = _Reader(found)
    rules = tuple(reader.rules())
    problems = sorted(reader.problems, key=lambda problem: problem.line)
    return Reading(rules, tuple(problems), reader.root.table)


class _Reader:
    """Everything may stand below `alerts`, or without it."""

    def __init__(self, found: Document) -> None:
        self.problems: list[Problem] = []
        self._found = found
        self._names: dict[str, int] = {}
        top = self._entry(found.content)
        self.root = top.below("alerts") if "alerts" in top else top
        if self.root is not top:
            top.only(("alerts", *OWN, *OTHERS))
        self._parts = (self.root, top) if self.root is not top else (top,)

    def _entry(self, table: Any, *path: Step) -> Entry:
        return Entry(table, path, lines=self._found, problems=self.problems)

    def rules(self) -> Iterator[Written]:
        self.root.only((*OWN, *OTHERS))
        for part in self._parts:
            yield from self._short(part.below("global"), GLOBAL, WHOLE)
            components = part.below("components")
            for name in components.table:
                yield from self._short(components.below(str(name)), COMPONENT, str(name))
            for entry in part.each("rules"):
                if (made := read(entry)) is not None:
                    yield from self._own(made, entry.table, entry.line)

    def _short(self, entry: Entry, known: Mapping[str, Threshold], whose: str) -> Iterator[Written]:
        """`entry` holds thresholds of one component, or of all."""
        entry.where = whose
        entry.only(known)
        for word in entry.table:
            if word not in known:
                continue
            threshold = known[word]
            body = {
                "name": f"{whose} {threshold.name}",
                **threshold.body,
                threshold.side: entry.table[word],
                **({} if whose == WHOLE else {"where": _where(threshold, whose)}),
            }
            lines = _One(self._found.line(*entry.path, word))
            made = read(Entry(body, (word,), lines=lines, problems=self.problems))
            if made is not None:
                yield from self._own(made, body, lines.number)

    def _own(self, made: Rule, body: Mapping[str, Any], line: int) -> Iterator[Written]:
        """Names are what rules are known by: each stands there once."""
        if made.name in self._names:
            what = f"The rule of line {self._names[made.name]} has the same name."
            remedy = "Give each rule a name of its own."
            self.problems.append(Problem(line, f"rule {made.name!r}", what, remedy))
            return
        self._names[made.name] = line
        yield Written(made, dict(body), line)


class _One:
    """All of a rule in the short form stands on one line."""

    def __init__(self, number: int) -> None:
        self.number = number

    def line(self, *path: Step) -> int:  # noqa: ARG002
        return self.number


def _where(threshold: Threshold, component: str) -> dict[str, Any]:
    """A component's own breaker has its name; those of its parts begin with it."""
    if threshold.word == "breaker":
        return {"breaker": [component, f"{component}:*", f"{component}/*"]}
    return {"component": component}
