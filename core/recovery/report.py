"""The report on recovery for people: key figures against what is aimed at, and who needs help."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.model import Recovery
from core.store.kpis import Figures, Kpis

WEEK: Final = timedelta(days=7)
MOST_NAMED: Final = 10
_COUNTED: Final = ("errors", "unmanaged", "tried", "recovered")
_GIVEN_UP: Final = ("escalated", "failed", "expired", "rejected", "refused")


@dataclass(frozen=True, slots=True)
class Aim:
    """`low` says that more is better."""

    name: str
    figure: str
    limit: float
    low: bool = False
    seconds: bool = False

    def met(self, value: float | None) -> bool | None:
        if value is None:
            return None
        return value >= self.limit if self.low else value <= self.limit

    def written(self, value: float | None) -> str:
        if value is None:
            return "-"
        return f"{value:.1f} s" if self.seconds else f"{value:.1%}"


AIMS: Final = (
    Aim("Recovery rate", "recovery_rate", 0.98, low=True),
    Aim("Automatic share", "automatic_share", 0.85, low=True),
    Aim("Unmanaged share", "unmanaged_share", 0.05),
    Aim("Mean recovery time", "recovery_seconds", 15, seconds=True),
    Aim("Mean time to recovery", "mttr_seconds", 120, seconds=True),
)


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Recoveries of a kind that ended without success."""

    title: str
    component: str
    category: str
    count: int


def given_up(session: Session, kpis: Kpis, *, project_id: int | None = None) -> list[GivenUp]:
    """What people should look at first: the most frequent ones."""
    title = Recovery.situation["title"].astext
    statement = (
        select(title, func.coalesce(Recovery.component, ""), Recovery.category, func.count())
        .where(
            Recovery.ended_at >= kpis.since,
            Recovery.ended_at < kpis.until,
            Recovery.state.in_(_GIVEN_UP),
        )
        .group_by(title, Recovery.component, Recovery.category)
        .order_by(func.count().desc(), title)
        .limit(MOST_NAMED)
    )
    if project_id is not None:
        statement = statement.where(Recovery.project_id == project_id)
    return [GivenUp(row[0] or "", *row[1:]) for row in session.execute(statement).all()]


def figures(found: Figures) -> dict[str, Any]:
    """As JSON has them."""
    counts = (
        "ended",
        "tried",
        "recovered",
        "automatic",
        "subsided",
        "escalated_at_once",
        "errors",
        "unmanaged",
    )
    derived = ("escalated_at_once", "recovery_rate", "automatic_share", "unmanaged_share")
    times = ("recovery_seconds", "longest_seconds", "mttr_seconds")
    plain = {name: getattr(found, name) for name in (*counts, *derived)}
    return plain | {name: _rounded(getattr(found, name)) for name in times}


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def as_json(kpis: Kpis, unhelped: Sequence[GivenUp]) -> dict[str, Any]:
    aims = [
        {
            "name": aim.name,
            "figure": aim.figure,
            "value": getattr(kpis.total, aim.figure),
            "aim": aim.limit,
            "met": aim.met(getattr(kpis.total, aim.figure)),
        }
        for aim in AIMS
    ]
    return {
        "since": kpis.since,
        "until": kpis.until,
        "aims": aims,
        "total": figures(kpis.total),
        "by_component": {name: figures(each) for name, each in kpis.by_component.items()},
        "by_category": {name: figures(each) for name, each in kpis.by_category.items()},
        "given_up": [
            {
                "title": each.title,
                "component": each.component,
                "category": each.category,
                "count": each.count,
            }
            for each in unhelped
        ],
    }


def as_markdown(kpis: Kpis, unhelped: Sequence[GivenUp]) -> str:
    lines = [
        f"# Recovery from {kpis.since:%Y-%m-%d %H:%M} to {kpis.until:%Y-%m-%d %H:%M} UTC",
        "",
        "| Figure | Value | Aim | |",
        "|---|---|---|---|",
        *map(_aim_line(kpis.total), AIMS),
        "",
        _summary(kpis.total),
        *_table("component", kpis.by_component),
        *_table("category", kpis.by_category),
        *_unhelped(unhelped),
    ]
    return "\n".join(lines) + "\n"


def _summary(total: Figures) -> str:
    return (
        f"{total.errors} errors, {total.ended} recoveries ended: {total.recovered} recovered of "
        f"{total.tried} tried, {total.escalated_at_once} given to a person at once. "
        f"{total.subsided} more subsided without anybody telling of a success."
    )


def _aim_line(total: Figures) -> Any:
    def line(aim: Aim) -> str:
        value = getattr(total, aim.figure)
        met = {None: "", True: "met", False: "**missed**"}[aim.met(value)]
        sign = "≥" if aim.low else "≤"
        return f"| {aim.name} | {aim.written(value)} | {sign} {aim.written(aim.limit)} | {met} |"

    return line


def _table(name: str, found: Mapping[str, Figures]) -> list[str]:
    if not found:
        return []
    heads = [*_COUNTED, *(aim.name.lower() for aim in AIMS)]
    lines = ["", f"## By {name}", "", f"| {name} | {' | '.join(heads)} |"]
    lines.append("|---" * (len(heads) + 1) + "|")
    for each, found_figures in found.items():
        counts = [
            str(getattr(found_figures, key))
            for key in ("errors", "unmanaged", "tried", "recovered")
        ]
        shares = [aim.written(getattr(found_figures, aim.figure)) for aim in AIMS]
        lines.append(f"| {_plain(each) or '-'} | {' | '.join((*counts, *shares))} |")
    return lines


def _unhelped(found: Sequence[GivenUp]) -> list[str]:
    if not found:
        return []
    lines = ["", "## What was given up", "", "| times | component | category | title |"]
    lines.append("|---|---|---|---|")
    for each in found:
        words = (str(each.count), each.component or "-", each.category, each.title)
        lines.append(f"| {' | '.join(map(_plain, words))} |")
    return lines


def _plain(text: str) -> str:
    """Titles come from strangers: nothing of theirs may end a cell or begin a tag."""
    return text.replace("\n", " ").replace("|", "\\|").replace("<", "&lt;")
