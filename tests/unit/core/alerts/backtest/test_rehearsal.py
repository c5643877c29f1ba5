from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.alerts.backtest.rehearsal import NOBODY, Rehearsal
from core.alerts.backtest.report import Episode, Report, Verdict, notifications
from core.alerts.backtest.stage import Stage
from core.alerts.budget import Budget
from core.alerts.condition import Sample
from core.alerts.inhibition import InhibitRule
from core.alerts.matcher import Matcher
from core.alerts.reading import rule
from core.alerts.route import Plan, Route
from core.alerts.silence import ENDLESS, Ends, Scope, Silence

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ROOT = Route(name="all", channels=("mail",))


def ruled(name="Errors", **more):
    body = {"name": name, "measure": "component.errors", "above": 10, **more}
    return replace(rule(body), id=1)


def series(component):
    return (("component", component), ("project", "web"))


def silence(*written, ends=ENDLESS):
    return Silence(
        id=1, scope=Scope.LABELS, author="ana", reason="known", created_at=NOON, starts_at=NOON,
        matchers=tuple(Matcher.parse(each) for each in written), ends=ends,
    )  # fmt: skip


def play(values, *, plan=None, silences=(), rules=None):
    """Values of components by the minute; what fired and what was said."""
    stage, rehearsal = Stage(), Rehearsal(plan or Plan(root=ROOT), silences)
    episodes, said, chosen = {}, [], rules or [ruled()]
    every = []
    for place, row in enumerate(values):
        at = NOON + place * MINUTE
        samples = [Sample(series(name), value) for name, value in row.items()]
        happened = stage.judge(chosen, {each.measure: samples for each in chosen}, at)
        rehearsal.hear(happened, at)
        for each in happened:
            if each.fires:
                labels = {name: str(value) for name, value in each.alert.labels.items()}
                made = Episode(
                    each.rule.name,
                    labels,
                    each.alert.severity,
                    None,
                    at,
                    each.reason,
                    each.alert.id,
                )
                episodes[each.alert.id] = made
                every.append(made)
            elif each.alert.id in episodes and each.new == "resolved":
                episodes[each.alert.id].over_at = at
        for one in rehearsal.tell(at):
            said.append(one)
            for each in episodes.values():
                each.hear(one)
    return every, said, rehearsal


BURST = [{"shop": 0}, *[{"shop": 50}] * 5, *[{"shop": 0}] * 20]


def test_a_burst_fires_once_and_is_told_once_with_its_end():
    episodes, said, _ = play(BURST)
    assert [(each.fired_at, each.over_at) for each in episodes] == [
        (NOON + MINUTE, NOON + 6 * MINUTE)
    ]
    assert episodes[0].verdict is Verdict.TOLD
    kinds = [each.kind for one in said for each in one.wanted]
    assert kinds == ["trigger", "resolve"]
    # The group waits, then the interval: each flush has its own time between two looks.
    assert said[0].at == NOON + MINUTE + timedelta(seconds=5)


def test_with_a_silence_it_fires_and_nobody_is_told():
    episodes, said, _ = play(BURST, silences=[silence("component=shop")])
    assert [each.verdict for each in episodes] == [Verdict.SILENCED]
    assert "known" in episodes[0].reason
    assert notifications(said) == {}


def test_a_silence_that_ends_lets_through_what_still_fires():
    short = silence("component=shop", ends=Ends(at=NOON + 3 * MINUTE))
    episodes, said, _ = play([*BURST[:6], *[{"shop": 50}] * 10], silences=[short])
    assert [each.verdict for each in episodes] == [Verdict.TOLD]
    assert len(said) > 1


def test_what_explains_it_inhibits_it():
    inhibit = InhibitRule(
        "outage", (Matcher.parse("component=db"),), (Matcher.parse("component=shop"),)
    )
    both = [{"db": 50, "shop": 50}] * 5
    episodes, _, _ = play(both, plan=Plan(root=ROOT, inhibit=(inhibit,)))
    assert {each.labels["component"]: each.verdict for each in episodes} == {
        "db": Verdict.TOLD,
        "shop": Verdict.INHIBITED,
    }


def test_alerts_of_one_group_are_told_together():
    rules = [ruled(by=["project", "component"])]
    root = Route(name="all", channels=("mail",), group_by=("project",))
    episodes, said, _ = play([{"a": 50, "b": 50, "c": 50}] * 4, plan=Plan(root=root), rules=rules)
    assert len(episodes) == 3
    assert notifications(said) == {"mail": 1}


def test_a_storm_is_one_incident():
    storm = [{f"part-{number}": 50 for number in range(60)}] * 3
    _, said, rehearsal = play(storm)
    assert rehearsal.incidents == 1
    assert notifications(said) == {"mail": 1}


def test_what_is_beyond_the_budget_waits_for_a_digest():
    root = Route(name="all", channels=("mail",), group_by=("component",))
    plan = Plan(root=root, budgets={"mail": Budget(2, timedelta(minutes=10))})
    episodes, said, _ = play([dict.fromkeys("abcd", 50)] * 15, plan=plan)
    verdicts = sorted(str(each.verdict) for each in episodes)
    assert verdicts.count("digest") >= 1
    assert "digest" in [each.kind for one in said for each in one.wanted]
    spent = [one.at for one in said for _ in one.wanted]
    assert len([at for at in spent if at < NOON + 10 * MINUTE]) <= 2


def test_a_route_without_channels_still_shows_what_it_would_have_told():
    episodes, said, _ = play(BURST, plan=Plan(root=Route(name="empty")))
    assert episodes[0].verdict is Verdict.TOLD
    assert notifications(said) == {NOBODY: 2}


def test_what_fires_again_and_again_is_counted_each_time():
    values = [*BURST[:6], {"shop": 0}, {"shop": 50}, {"shop": 0}, {"shop": 50}, {"shop": 0}]
    episodes, _, _ = play(values)
    assert len(episodes) == 3


@pytest.mark.parametrize(
    ("silences", "sentence"),
    [
        (0, "Would have fired once in 7 days; 0 told."),
        (1, "Would have fired once in 7 days; 0 told with this silence."),
        (2, "Would have fired once in 7 days; 0 told with these 2 silences."),
    ],
)
def test_the_sums_in_a_sentence(silences, sentence):
    episode = Episode("Errors", {}, "medium", None, NOON, "", 1)
    report = Report(
        since=NOON, until=NOON + timedelta(days=7), looks=1, rules=("Errors", "Other"),
        episodes=[episode], notifications={}, incidents=1,
    )  # fmt: skip
    assert report.sentence(silences=silences) == sentence
    assert report.verdicts == {"waiting": 1}
    assert report.by_rule()["Errors"] == {"fired": 1, "waiting": 1}
    assert report.by_rule()["Other"] == {}
