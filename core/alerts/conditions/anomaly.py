"""Anomalies: what surprises in a component's numbers, given the time of day and of the week.

The value is how surprising the worst slot of the last `over` was, from 0 to 1; 0 for none. When a
slot is over all series learn it; between that and the next one nothing is read.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from core.alerts.condition import NOTHING, Answers, Look, Measure, Metric, Sample, named
from core.alerts.following import Followed, Wanted, follow
from core.alerts.memory import Memories, RowMemories
from core.alerts.units import QuantityError, Unit, span
from core.alerts.watching import Direction, Scale, Surprise, begins

# What arrives later than so after its minute is not seen.
SETTLING: Final = timedelta(minutes=1)
SLOT: Final = "5m"
SHORTEST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(hours=1)

_USUAL: Final = {"errors": Direction.UP, "reports": Direction.BOTH, "duration": Direction.UP}
_SCALES: Final = {"errors": Scale.COUNT, "reports": Scale.COUNT, "duration": Scale.LEVEL}


class Anomaly:
    kind = "anomaly"
    about = "what surprises in a component's numbers, given the time of day and of the week"
    metrics = named(
        Metric("errors", Unit.NUMBER, "surprise at the number of errors, 0 to 1; 0.5 is one"),
        Metric("reports", Unit.NUMBER, "surprise at the number of reports, the same"),
        Metric("duration", Unit.NUMBER, "surprise at the mean duration, the same"),
    )
    labels = ("project", "component")
    by = ("project", "component")
    over = timedelta(minutes=15)
    historic = True
    options: Mapping[str, str] = {
        "slot": "minutes are added up to slots of this time; usually 5m",
        "direction": "up, down or both: what surprises; usually up, of reports both",
    }

    def __init__(self, memories: Memories | None = None) -> None:
        self._memories = memories or RowMemories()
        self._known: dict[str, Followed] = {}

    @staticmethod
    def wrong(measure: Measure) -> str | None:
        """What makes no sense in its options."""
        try:
            slot = span(measure.option("slot", SLOT))
        except QuantityError as error:
            return f"'slot': {error}"
        if not SHORTEST <= slot <= LONGEST or LONGEST % slot or slot % SHORTEST:
            return "'slot' is not whole minutes that fit into an hour"
        given = measure.option("direction", Direction.UP)
        return None if given in list(Direction) else f"'direction' is {given!r}"

    def measure(self, session: Session, measures: Collection[Measure], look: Look) -> Answers:
        answers: dict[Measure, Sequence[Sample]] = {}
        for each in measures:
            followed = self._followed(session, each, look)
            direction = Direction(each.option("direction", _USUAL[each.metric]))
            answers[each] = _samples(followed, each, direction=direction, look=look)
        return answers

    def _followed(self, session: Session, measure: Measure, look: Look) -> Followed:
        """Rules that differ only in what they ask of a series share what was learnt of it."""
        slot = span(measure.option("slot", SLOT))
        name = f"{measure.name}/{slot.total_seconds():g}s/{','.join(measure.by)}"
        end = begins(look.at - SETTLING, slot)
        known = self._known.get(name)
        if known is None or known.end != end or not known.whole:
            wanted = Wanted(name, measure.metric, _SCALES[measure.metric], slot, measure.by)
            known = follow(session, wanted, end, memories=self._memories, look=look)
            self._known[name] = known
        return known


def _samples(
    followed: Followed, measure: Measure, *, direction: Direction, look: Look
) -> list[Sample]:
    """Nothing is known of what is still learnt."""
    samples = []
    for series, watch in followed.watches.items():
        worst = watch.worst(look.at - measure.over, direction)
        value = worst.score if worst else 0.0
        about = followed.abouts.get(series, NOTHING)
        known = None if watch.learning else value
        samples.append(Sample(series, known, about, _told(worst) if worst else ""))
    return samples


def _told(worst: Surprise) -> str:
    return (
        f"{worst.value:.4g} until {worst.until:%H:%M} UTC, where {worst.low:.3g} to "
        f"{worst.high:.3g} were usual"
    )
