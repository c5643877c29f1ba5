"""What components did in slots of whole minutes, as conditions that look far back read it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.alerts.condition import About, Labels, Look, labels

# A project and a component.
Pair = tuple[int, str]

_ROWS: Final = text("""
    SELECT project_id, component,
        to_timestamp(floor(extract(epoch FROM minute) / :slot) * :slot) AS begun,
        sum(greatest(events, failures))::float8 AS errors,
        sum(successes + failures)::float8 AS reports,
        sum(duration_sum)::float8 / 1000 AS seconds, sum(duration_count)::float8 AS timed,
        max(memory_max)::float8 AS memory, sum(failures)::float8 AS failures
    FROM component_minutes
    WHERE resolution = 60 AND minute >= :since AND minute < :until
        AND (CAST(:names AS text[]) IS NULL OR component = ANY(:names))
    GROUP BY 1, 2, 3""")
_PAIRS: Final = text("""
    SELECT DISTINCT project_id, component FROM component_minutes
    WHERE resolution = 60 AND minute >= :since AND minute < :until""")


class Span(NamedTuple):
    """From `since` to before `until`, in slots."""

    since: datetime
    until: datetime
    slot: timedelta


@dataclass(slots=True)
class Slot:
    """What happened in one. Durations in seconds, memory in bytes."""

    errors: float = 0.0
    reports: float = 0.0
    seconds: float = 0.0
    timed: float = 0.0
    memory: float | None = None
    failures: float = 0.0

    def add(self, other: "Slot") -> None:
        self.errors += other.errors
        self.reports += other.reports
        self.seconds += other.seconds
        self.timed += other.timed
        self.failures += other.failures
        if other.memory is not None:
            self.memory = max(self.memory or 0.0, other.memory)

    @property
    def duration(self) -> float | None:
        return self.seconds / self.timed if self.timed else None


@dataclass(slots=True)
class Slots:
    """Of each series by the beginnings of slots; nothing for those without a row."""

    series: dict[Labels, dict[datetime, Slot]] = field(default_factory=dict)
    abouts: dict[Labels, About] = field(default_factory=dict)


def named(pair: Pair, by: tuple[str, ...], look: Look) -> Labels:
    """The series that a component belongs to."""
    return labels(by, {"project": look.project(pair[0] or None), "component": pair[1]})


def about(pair: Pair, by: tuple[str, ...]) -> About:
    return About(pair[0] or None) if "project" in by else About()


def pairs(session: Session, since: datetime, until: datetime) -> list[Pair]:
    """Who did anything at all."""
    rows = session.execute(_PAIRS, {"since": since, "until": until})
    return [(project_id, component) for project_id, component in rows]


def read(
    session: Session,
    span: Span,
    *,
    by: tuple[str, ...],
    look: Look,
    components: Collection[str] | None = None,
) -> Slots:
    """Those of some components only, where they are named."""
    values = {
        "slot": span.slot.total_seconds(),
        "since": span.since,
        "until": span.until,
        "names": None if components is None else sorted(components),
    }
    found = Slots()
    for project_id, component, begun, *numbers in session.execute(_ROWS, values):
        series = named((project_id, component), by, look)
        found.abouts.setdefault(series, about((project_id, component), by))
        found.series.setdefault(series, {}).setdefault(begun, Slot()).add(Slot(*numbers))
    return found


def numbers(slots: Mapping[datetime, Slot], name: str) -> dict[datetime, float]:
    """One number of each slot that has it."""
    known = {begun: getattr(slot, name) for begun, slot in slots.items()}
    return {begun: value for begun, value in known.items() if value is not None}
