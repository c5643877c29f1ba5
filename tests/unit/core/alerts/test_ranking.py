import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from core.alerts import ranking
from core.alerts.ranking import Answer, Model, RankingExtraError, Seen

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)


def seen(rule="Outage", **more):
    return Seen(rule=rule, severity="high", fired_at=MONDAY, **more)


@pytest.fixture(scope="module")
def learnt():
    """Outages are looked after nine times of ten, noise once of ten."""
    rand = Random(1)
    answers = []
    for place in range(300):
        rule = rand.choice(["Outage", "Noise", "Other"])
        share = {"Outage": 0.9, "Noise": 0.1, "Other": 0.5}[rule]
        at = MONDAY + timedelta(hours=7 * place)
        made = Seen(rule=rule, severity="high", fired_at=at, component=rand.choice("abc"))
        answers.append(Answer(made, rand.random() < share))
    return ranking.learn(answers)


@pytest.mark.parametrize(("rule", "share"), [("Outage", 0.9), ("Noise", 0.1), ("Other", 0.5)])
def test_numbers_are_shares(learnt, rule, share):
    assert learnt.model.rank(seen(rule)).probability == pytest.approx(share, abs=0.12)


def test_it_errs_less_than_one_number_for_all(learnt):
    assert learnt.better
    assert learnt.loss < 0.85 * learnt.plain_loss


def test_the_rule_is_the_first_reason(learnt):
    for_it, against = learnt.model.rank(seen()), learnt.model.rank(seen("Noise"))
    assert for_it.reasons[0].feature == "rule=Outage"
    assert for_it.reasons[0].shift > 0
    assert against.reasons[0].shift < 0
    assert len(for_it.reasons) <= ranking.MOST_REASONS


def test_what_was_never_seen_is_ranked_all_the_same(learnt):
    assert 0.2 < learnt.model.rank(seen("New", component="z")).probability < 0.8


def test_it_survives_json(learnt):
    again = Model(**json.loads(json.dumps(learnt.model.body())))
    assert again.rank(seen()) == learnt.model.rank(seen())


def test_answers_at_random_teach_nothing():
    rand = Random(2)
    answers = [Answer(seen(rand.choice("abcdefgh")), rand.random() < 0.5) for _ in range(120)]
    found = ranking.learn(answers)
    assert found.loss > 0.97 * found.plain_loss


@pytest.mark.parametrize(
    ("useful", "useless", "enough"),
    [(0, 0, False), (45, 9, False), (30, 10, False), (40, 10, True)],
)
def test_it_is_off_until_enough_was_answered(useful, useless, enough):
    answers = [Answer(seen(), True)] * useful + [Answer(seen(), False)] * useless
    assert (ranking.missing(answers) is None) is enough


def test_features_have_names_for_people():
    sunday = datetime(2026, 3, 1, 3, tzinfo=UTC)
    found = ranking.features(
        Seen(rule="R", severity="low", fired_at=sunday, component="c", flapping=True, episode=3)
    )
    assert found.keys() == {
        "rule=R", "severity=low", "component=c", "at night (UTC)", "at the week-end", "flapping",
        "fired before",
    }  # fmt: skip


def test_without_the_extra_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.calibration", None)
    with pytest.raises(RankingExtraError, match=r"mendline\[forecast\]"):
        ranking.learn([])


def test_to_evaluate_alerts_loads_no_heavy_library():
    code = (
        "import sys, core.alerts.evaluation, core.alerts.learning, core.alerts.backtest\n"
        "print([m for m in ('statsmodels', 'sklearn', 'pandas', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
