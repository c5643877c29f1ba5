"""The one setting that serves every series."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tuning:
    """Rates are weights of the newest point; `learning` and the rests are counted in points.

    A point is anomalous if it surprises `margin` times more than anything since the record half
    faded (`half_life_days`), and by at least `least_surprise` usual errors. After an anomaly
    nothing is reported for `rest` of the points seen (at least `shortest_rest`, at most
    `longest_rest`): what goes on is one anomaly, and the new is learnt meanwhile.
    `floor`: share of the range seen below which no usual error is believed; nor is one below
    `least_error`, which is for those who know how much chance there is in their numbers.
    """

    level_rate: float = 0.4
    error_rate: float = 0.003
    day_rate: float = 0.15
    week_rate: float = 0.3  # a slot of the week comes round less often
    drift_rate: float = 0.06
    margin: float = 1.05
    least_surprise: float = 6.0
    least_drift: float = 1.8
    half_life_days: float = 30.0
    floor: float = 0.005
    least_error: float = 0.0
    learning: int = 50
    rest: float = 0.03
    shortest_rest: int = 20
    longest_rest: int = 120


USUAL = Tuning()
