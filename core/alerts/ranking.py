"""How likely an alert is worth a look, as people's answers to earlier ones tell: explainable.

1. What is known of an alert becomes features: its rule, severity, component, hour, how it came.
2. A logistic regression learns weights from what was acknowledged and what was sent away; its
   numbers are calibrated on answers that it had not seen (Platt, 1999), so that they are shares.
3. It is in use only after enough answers of both kinds, and only while it errs less on unseen
   answers than one number for all alerts would.
4. What was learnt is plain numbers: to rank takes a sum, and no library.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core.errors import ConfigurationError

LEAST_ANSWERS: Final = 50
LEAST_OF_EACH: Final = 10
LEAST_SEEN: Final = 3
FOLDS: Final = 5
MOST_REASONS: Final = 5
# What a feature shifts less than so is no reason.
LEAST_SHIFT: Final = 0.05
_NIGHT: Final = range(6)
_EVENING: Final = 22
_SATURDAY: Final = 5

Features = Mapping[str, float]


class RankingExtraError(ConfigurationError):
    """Ranking needs the extra `forecast`: install `mendline[forecast]` where alerts run."""

    code = "ML-CONF-0025"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of an alert when it fires."""

    rule: str
    severity: str
    fired_at: datetime
    component: str | None = None
    project: str | None = None
    flapping: bool = False
    episode: int = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody acknowledged it (useful), or sent it away without having done so."""

    seen: Seen
    useful: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """`shift` in log-odds: above 0 speaks for a look, below 0 against it."""

    feature: str
    shift: float


@dataclass(frozen=True, slots=True)
class Ranked:
    probability: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """`scale` and `shift` calibrate; `means` are what features are usually like."""

    weights: Features
    means: Features
    intercept: float
    scale: float
    shift: float

    def rank(self, seen: Seen) -> Ranked:
        known = features(seen)
        values = {name: known.get(name, 0.0) for name in self.weights}
        total = self.intercept + sum(self.weights[name] * values[name] for name in values)
        parts = {
            name: self.scale * self.weights[name] * (values[name] - self.means[name])
            for name in values
        }
        order = sorted(parts, key=lambda name: (-abs(parts[name]), name))
        reasons = [Reason(name, parts[name]) for name in order if abs(parts[name]) > LEAST_SHIFT]
        return Ranked(_share(self.scale * total + self.shift), tuple(reasons[:MOST_REASONS]))

    def body(self) -> dict[str, Any]:
        """As JSON has it; `Model(**body)` reads it again."""
        return {
            "weights": dict(self.weights),
            "means": dict(self.means),
            "intercept": self.intercept,
            "scale": self.scale,
            "shift": self.shift,
        }


@dataclass(frozen=True, slots=True)
class Learnt:
    """`loss` on unseen answers, and what one number for all would have."""

    model: Model
    useful: int
    useless: int
    loss: float
    plain_loss: float

    @property
    def better(self) -> bool:
        return self.loss < self.plain_loss


def features(seen: Seen) -> dict[str, float]:
    """Names that people understand, for they are the reasons."""
    found = {f"rule={seen.rule}": 1.0, f"severity={seen.severity}": 1.0}
    if seen.component:
        found[f"component={seen.component}"] = 1.0
    if seen.project:
        found[f"project={seen.project}"] = 1.0
    if seen.fired_at.hour in _NIGHT or seen.fired_at.hour >= _EVENING:
        found["at night (UTC)"] = 1.0
    if seen.fired_at.weekday() >= _SATURDAY:
        found["at the week-end"] = 1.0
    if seen.flapping:
        found["flapping"] = 1.0
    if seen.episode > 1:
        found["fired before"] = math.log(seen.episode)
    return found


def missing(answers: Sequence[Answer]) -> str | None:
    """What is still needed before anything can be learnt."""
    useful = sum(each.useful for each in answers)
    useless = len(answers) - useful
    if len(answers) >= LEAST_ANSWERS and min(useful, useless) >= LEAST_OF_EACH:
        return None
    return (
        f"{len(answers)} alerts were answered ({useful} acknowledged, {useless} sent away); it "
        f"takes {LEAST_ANSWERS}, and {LEAST_OF_EACH} of each."
    )


def learn(answers: Sequence[Answer]) -> Learnt:
    """Of enough answers. Imports much; raises `RankingExtraError` where it cannot."""
    try:
        from sklearn.calibration import CalibratedClassifierCV  # noqa: PLC0415
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
        from sklearn.metrics import log_loss  # noqa: PLC0415
        from sklearn.model_selection import StratifiedKFold, cross_val_predict  # noqa: PLC0415
    except ImportError as error:
        raise RankingExtraError from error
    names, table = _table(answers)
    useful = [int(each.useful) for each in answers]
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    plain = LogisticRegression(max_iter=1_000)
    machine = CalibratedClassifierCV(plain, method="sigmoid", cv=folds, ensemble=False)
    unseen = cross_val_predict(machine, table, useful, cv=folds, method="predict_proba")[:, 1]
    found = machine.fit(table, useful).calibrated_classifiers_[0]
    calibrator, estimator = found.calibrators[0], found.estimator
    weights = dict(zip(names, map(float, estimator.coef_[0]), strict=True))
    means = [sum(column) / len(table) for column in zip(*table, strict=True)]
    model = Model(
        weights=weights,
        means=dict(zip(names, means, strict=True)),
        intercept=float(estimator.intercept_[0]),
        # Its sigmoid falls: 1 / (1 + exp(a x + b)).
        scale=-float(calibrator.a_),
        shift=-float(calibrator.b_),
    )
    share = sum(useful) / len(useful)
    plain_loss = -(share * math.log(share) + (1 - share) * math.log(1 - share))
    loss = float(log_loss(useful, unseen))
    return Learnt(model, sum(useful), len(useful) - sum(useful), loss, plain_loss)


def _table(answers: Sequence[Answer]) -> tuple[list[str], list[list[float]]]:
    """What was seen a few times only tells nothing."""
    every = [features(each.seen) for each in answers]
    counts = Counter(name for row in every for name in row)
    names = sorted(name for name, count in counts.items() if count >= LEAST_SEEN)
    return names, [[row.get(name, 0.0) for name in names] for row in every]


def _share(logit: float) -> float:
    if logit >= 0:
        return 1 / (1 + math.exp(-min(logit, 700)))
    grown = math.exp(max(logit, -700))
    return grown / (1 + grown)
