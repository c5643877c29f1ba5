"""`mendline alert rank`: what to look at first, as answers to earlier alerts have taught."""

from typing import Final

import click

from cli.console import data_dir_option, database, json_option
from cli.output import print_json, print_rows
from core.alerts import learning
from core.clock import SystemClock
from core.store import alerts as rows
from web.api.schemas.alert_ranking import RankedShown, RankingShown

COLUMNS: Final = ("probability", "id", "severity", "name", "series", "because")
MOST: Final = 500


@click.command()
@json_option
@data_dir_option
def rank(as_json: bool) -> None:  # noqa: FBT001 (click calls it)
    """Alerts that fire, the likeliest to be worth a look first.

    Learnt from what was acknowledged and what was sent away; off until that is enough.
    """
    with database() as opened, opened.transaction() as session:
        found = learning.standing(session, SystemClock().now())
        page = rows.page(session, rows.Wanted(states=["firing"]), limit=MOST)
        alerts = [row[0] for row in page.rows] if found.model else []
        ranked = learning.ranked(found.model, alerts) if found.model else []
        shown = RankingShown.of(found, ranked)
    if as_json:
        print_json(shown.model_dump(mode="json"))
        return
    click.echo(shown.why if shown.active else f"Off: {shown.why}")
    if shown.alerts:
        print_rows([_line(each) for each in shown.alerts], COLUMNS)


def _line(found: RankedShown) -> dict[str, object]:
    labels = dict(found.alert.labels)
    name = labels.pop("alertname", "")
    labels.pop("severity", None)
    series = ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))
    because = ", ".join(
        f"{'+' if each.shift > 0 else '-'} {each.feature}" for each in found.reasons[:3]
    )
    return {
        "probability": f"{found.probability:.0%}",
        "id": found.alert.id,
        "severity": found.alert.severity,
        "name": name,
        "series": series,
        "because": because,
    }
