from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alerts.budget import Budget, room
from core.alerts.grouping import key_of
from core.alerts.hours import Hours
from core.alerts.inhibition import Inhibitions, InhibitRule
from core.alerts.matcher import Matcher
from core.alerts.oncall import Override, Rota
from core.alerts.route import Plan, Route, Told, routed
from core.errors import UnprocessableError
from tests.unit.core.alerts.pictures import HOUR, NOW, alert

PARIS = ZoneInfo("Europe/Paris")
CRITICAL = Route(name="critical", severities=frozenset({"critical"}))
SHOP = Route(name="shop", matchers=(Matcher.parse("component=shop"),))


def names(root, about):
    return [route.name for route in routed(root, about, NOW)]


def of(component="", severity="high", **values):
    return alert(labels={"component": component, "severity": severity}, **values)


def test_the_deepest_route_that_fits_takes_it():
    root = Route(name="root", routes=(replace(SHOP, routes=(CRITICAL,)),))
    assert names(root, of("shop", "critical")) == ["critical"]
    assert names(root, of("shop")) == ["shop"]
    assert names(root, of("bank")) == ["root"]


def test_the_first_takes_it_unless_it_goes_on():
    both = of("shop", "critical")
    assert names(Route(name="root", routes=(SHOP, CRITICAL)), both) == ["shop"]
    going = replace(SHOP, goes_on=True)
    assert names(Route(name="root", routes=(going, CRITICAL)), both) == ["shop", "critical"]


def test_routes_by_state_and_by_hours():
    ends = Route(name="ends", states=frozenset({Told.RESOLVED}))
    office = Hours("office", frozenset(range(5)), time(9), time(17), PARIS)
    root = Route(name="root", routes=(ends, Route(name="day", open_in=(office,))))
    assert names(root, of()) == ["day"]
    assert names(root, of(firing=False)) == ["ends"]
    assert routed(root, of(), NOW + timedelta(days=5))[0].name == "root"


def test_hours_go_over_midnight():
    night = Hours("night", frozenset({0}), time(22), time(6), PARIS)
    monday = datetime(2026, 3, 2, tzinfo=PARIS)
    for hour, inside in ((21, False), (23, True), (29, True), (30, False), (47, False)):
        assert night.contains(monday + timedelta(hours=hour)) is inside


def test_people_take_turns_by_the_wall_clock():
    rota = Rota("a", ("ana", "ben"), datetime(2026, 3, 23, 9), timedelta(days=7), PARIS)  # noqa: DTZ001
    handover = datetime(2026, 3, 30, 9, tzinfo=PARIS)  # the clocks changed in between
    assert rota.on_duty(handover - timedelta(seconds=1)) == "ana"
    assert rota.on_duty(handover) == "ben"
    assert rota.hand_over(handover - HOUR) == handover
    swap = replace(rota, overrides=(Override("cem", handover, handover + HOUR),))
    assert [swap.on_duty(handover), swap.on_duty(handover + HOUR)] == ["cem", "ben"]


def test_channels_of_a_route_are_its_own_and_those_of_people_on_duty():
    rota = Rota("a", ("ana",), datetime(2026, 1, 1), timedelta(days=1), PARIS)  # noqa: DTZ001
    route = Route(name="r", channels=("ops",), on_call=("a",))
    plan = Plan(root=route, rotas={"a": rota}, people={"ana": ("mail", "ops")})
    assert plan.channels(route, NOW) == ("ops", "mail")
    assert plan.route("gone") is route


def test_groups_by_labels_by_incident_and_by_all():
    about = alert(labels={"zone": "a"})
    by_zone = key_of(Route(name="r", group_by=("zone", "none")), about, incident_id=3)
    assert (by_zone.text, by_zone.labels) == ('r/{zone="a"}', {"zone": "a"})
    assert key_of(Route(name="r"), about, incident_id=3).text == 'r/{incident="3"}'
    whole = key_of(Route(name="r", group_by=("...",)), about, incident_id=3)
    assert whole.labels == about.labels


@pytest.mark.parametrize(
    ("written", "fits"),
    [
        ('severity="high"', True),
        ("severity!=high", False),
        ("severity=~hi.*", True),
        ("severity=~hi", False),
        ("severity!~low|mid", True),
        ('missing=""', True),
        ("missing=~.+", False),
    ],
)
def test_matchers(written, fits):
    matcher = Matcher.parse(written)
    assert matcher.fits(alert().labels) is fits
    assert Matcher.parse(str(matcher)) == matcher == Matcher.read(matcher.row())


@pytest.mark.parametrize("wrong", ["", "severity", "=high", "a=~(", "a b=c", "a=~" + "x" * 501])
def test_what_is_no_matcher(wrong):
    with pytest.raises(UnprocessableError):
        Matcher.parse(wrong)


def test_sources_hold_back_what_has_the_same_labels():
    rule = InhibitRule(
        "r",
        (Matcher.parse("severity=critical"),),
        (Matcher.parse("alertname=~.+"),),
        ("component",),
    )
    source, same, other = of("a", "critical", id=1), of("a", id=2), of("b", id=3)
    found = Inhibitions((rule,), (source, same, other))
    assert [bool(found.of(each)) for each in (source, same, other)] == [False, True, False]
    assert Inhibitions((rule,), (replace(source, firing=False),)).of(same) is None


def test_two_that_are_both_do_not_hold_each_other_back():
    every = (Matcher.parse("alertname=~.+"),)
    found = Inhibitions((InhibitRule("r", every, every),), (alert(1), alert(2)))
    assert found.of(alert(1)) is None


@given(st.lists(st.integers(0, 7200), max_size=20), st.integers(1, 5))
def test_a_budget_never_gives_more_than_it_has(ages, most):
    budget = Budget(most, HOUR)
    found = room(budget, [NOW - timedelta(seconds=age) for age in ages], NOW)
    recent = sum(age < 3600 for age in ages)
    assert found.left == max(most - recent, 0)
    if found.again_at is not None:
        spent = [NOW - timedelta(seconds=age) for age in ages]
        assert NOW < found.again_at <= NOW + HOUR
        assert room(budget, spent, found.again_at).left > 0
