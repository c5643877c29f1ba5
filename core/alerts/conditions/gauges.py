"""Numbers that somebody measures now and then: disk, certificates, cost, what applications send."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.alerts.condition import About, Answers, Labels, Look, Measure, Metric, Sample, named
from core.alerts.units import Unit
from core.store.gauges import LABELS

# How long ago a gauge may have been told to be missed.
MEMORY: Final = timedelta(days=1)

_LAST: Final = text("""
    SELECT DISTINCT ON (name, series) name, labels, project_id, last, minute
    FROM gauge_minutes
    WHERE name = ANY(:names) AND minute > :since AND minute <= :until
    ORDER BY name, series, minute DESC""")


class Gauges:
    kind = "gauge"
    about = "numbers that are measured now and then; `with: {gauge: …}` names which"
    metrics = named(
        Metric("last", Unit.NUMBER, "the latest number, unless it is older than `over`"),
        Metric("age", Unit.SECONDS, "since it was last told, within a day"),
    )
    labels = ("project", *LABELS)
    by = labels
    over = timedelta(minutes=15)
    historic = True
    options: Mapping[str, str] = {"gauge": "name of the number, such as disk_free_ratio"}

    def measure(self, session: Session, measures: Collection[Measure], look: Look) -> Answers:
        values = {
            "names": sorted({str(each.option("gauge")) for each in measures}),
            "since": look.at - max(MEMORY, *(each.over for each in measures)),
            "until": look.at,
        }
        rows = session.execute(_LAST, values).all()
        return {
            each: [_sample(row, each, look) for row in rows if row.name == each.option("gauge")]
            for each in measures
        }


def _sample(row: Any, measure: Measure, look: Look) -> Sample:
    age = max((look.at - row.minute).total_seconds(), 0)
    value = age if measure.metric == "age" else _last(row.last, row.minute, measure, look)
    return Sample(_labels(row, measure, look), value, About(row.project_id))


def _last(value: float, minute: datetime, measure: Measure, look: Look) -> float | None:
    return value if look.at - minute <= measure.over + timedelta(minutes=1) else None


def _labels(row: Any, measure: Measure, look: Look) -> Labels:
    told = {**row.labels, "project": look.project(row.project_id)}
    return tuple((name, str(told[name])) for name in sorted(measure.by) if told.get(name))
