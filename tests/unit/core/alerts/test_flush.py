from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.alerts.budget import Room
from core.alerts.flush import Kind, Member, Way, flush
from core.alerts.hours import Hours
from core.alerts.inhibition import Inhibitions, InhibitRule
from core.alerts.matcher import Matcher
from core.alerts.route import Told
from core.alerts.silence import Ends, Scope
from core.alerts.trace import Step
from tests.unit.core.alerts.pictures import (
    HOUR,
    MINUTE,
    NOW,
    PACE,
    ROUTE,
    alert,
    group,
    picture,
    silence,
)

SENT = {"ops": Way.SENT}


def kinds(flushed):
    return [(each.channel, each.kind, each.alert_ids) for each in flushed.wanted]


def steps(flushed):
    return [(each.alert_id, each.step) for each in flushed.decided]


def test_what_is_new_is_told_together():
    flushed = flush(group(alert(1), alert(2)), picture())
    assert kinds(flushed) == [("ops", Kind.TRIGGER, (1, 2))]
    assert [member.told for member in flushed.members] == [SENT, SENT]


def test_what_comes_later_is_an_update_with_all():
    known, fresh = Member(alert(1), SENT), Member(alert(2))
    flushed = flush(group(known, fresh, last={"ops": NOW - HOUR}), picture())
    assert kinds(flushed) == [("ops", Kind.UPDATE, (1, 2))]


def test_the_end_is_told_to_who_was_told_and_the_group_ends():
    over = alert(1, firing=False)
    flushed = flush(group(over, told=SENT, last={"ops": NOW}), picture())
    assert kinds(flushed) == [("ops", Kind.RESOLVE, (1,))]
    assert flushed.closes


def test_nobody_hears_the_end_of_what_nobody_was_told():
    flushed = flush(group(alert(1, firing=False)), picture())
    assert flushed.wanted == ()
    assert flushed.decided[0].reason == "It was over before anybody was told."


def test_what_fires_again_before_its_end_was_told_is_no_news():
    over, again = Member(alert(1, firing=False), SENT), Member(alert(2))
    flushed = flush(group(over, again, last={"ops": NOW}), picture())
    assert flushed.wanted == ()
    assert flushed.members == (Member(again.alert, SENT, flushed.members[0].verdict),)
    assert (1, Step.THROTTLED) in steps(flushed)


def test_the_same_labels_of_another_project_are_another_alert():
    over, other = Member(alert(1, firing=False), SENT), Member(alert(2, project_id=7))
    flushed = flush(group(over, other, last={"ops": NOW}), picture())
    assert kinds(flushed) == [("ops", Kind.UPDATE, (2, 1))]


def test_the_end_is_told_although_it_is_silenced_meanwhile():
    over = alert(1, firing=False)
    flushed = flush(group(over, told=SENT, last={"ops": NOW}), picture(silence()))
    assert kinds(flushed) == [("ops", Kind.RESOLVE, (1,))]


@pytest.mark.parametrize(
    ("hours", "acknowledged", "sent"), [(3, False, 0), (4, False, 1), (9, True, 0)]
)
def test_it_is_said_again_after_the_interval_unless_acknowledged(hours, acknowledged, sent):
    known = group(alert(1, acknowledged=acknowledged), told=SENT, last={"ops": NOW - hours * HOUR})
    assert len(flush(known, picture()).wanted) == sent


def test_an_alert_that_fires_otherwise_is_news():
    worse = Member(alert(1), SENT, changed=True)
    flushed = flush(group(worse, last={"ops": NOW}), picture())
    assert kinds(flushed) == [("ops", Kind.UPDATE, (1,))]
    assert not flushed.members[0].changed


def test_silenced_alerts_are_held_back_and_looked_at_again():
    flushed = flush(group(alert(1)), picture(silence()))
    assert flushed.wanted == ()
    assert steps(flushed) == [(1, Step.SILENCED)]
    assert flushed.next_at == NOW + PACE.interval


def test_the_trace_says_the_same_once_only():
    first = flush(group(alert(1)), picture(silence()))
    again = flush(group(*first.members), picture(silence(), now=NOW + 5 * MINUTE))
    assert again.decided == ()


def test_that_a_silence_is_over_is_said():
    held = flush(group(alert(1)), picture(silence(7))).members
    (wanted,) = flush(group(*held), picture()).wanted
    assert wanted.reason == "1 alert to tell. Not silenced any more (silence 7)."


def test_a_silenced_channel_leaves_the_others():
    muted = silence(scope=Scope.CHANNEL, subject="ops")
    flushed = flush(group(alert(1), channels=("ops", "mail")), picture(muted))
    assert kinds(flushed) == [("mail", Kind.TRIGGER, (1,))]
    assert (1, Step.SILENCED) in steps(flushed)


def test_quiet_hours_hold_the_group_back():
    lunch = Hours("lunch", frozenset({0}), NOW.time(), (NOW + HOUR).time(), NOW.tzinfo)
    flushed = flush(group(alert(1), route=replace(ROUTE, quiet_in=(lunch,))), picture())
    assert steps(flushed) == [(1, Step.MUTED)]


def test_inhibited_alerts_are_held_back():
    rule = InhibitRule(
        "down", (Matcher.parse("alertname=down"),), (Matcher.parse("severity=high"),)
    )
    source = alert(9, labels={"alertname": "down", "severity": "critical"})
    flushed = flush(group(alert(1)), picture(inhibitions=Inhibitions((rule,), (source,))))
    assert flushed.wanted == ()
    assert "down (alert 9) fires" in flushed.decided[0].reason


def test_a_route_of_ends_tells_ends_only():
    quiet = replace(ROUTE, states=frozenset({Told.RESOLVED}))
    over, firing = alert(1, firing=False), alert(2)
    assert kinds(flush(group(over, firing, route=quiet), picture())) == [
        ("ops", Kind.RESOLVE, (1,))
    ]


def test_a_route_of_beginnings_tells_ends_where_something_stays_open():
    loud = replace(ROUTE, states=frozenset({Told.FIRING}))
    over = group(alert(1, firing=False), route=loud, told=SENT, last={"ops": NOW})
    assert flush(over, picture()).wanted == ()
    assert len(flush(over, picture(stateful=frozenset({"ops"}))).wanted) == 1


def test_a_channel_that_keeps_what_is_open_hears_that_somebody_looks_after_it_once():
    seen = group(alert(1, acknowledged=True), told=SENT, last={"ops": NOW})
    first = flush(seen, picture(stateful=frozenset({"ops"})))
    assert kinds(first) == [("ops", Kind.ACKNOWLEDGE, (1,))]
    again = flush(group(*first.members, last={"ops": NOW}), picture(stateful=frozenset({"ops"})))
    assert again.wanted == ()


def test_without_room_in_the_budget_it_is_for_the_digest():
    spent = picture(rooms={"ops": Room(0, NOW + HOUR)})
    flushed = flush(group(alert(1)), spent)
    assert (flushed.wanted, flushed.digests) == ((), {"ops": (1,)})
    assert steps(flushed) == [(1, Step.BUDGET)]
    later = flush(group(*flushed.members, last={"ops": NOW}), picture(now=NOW + MINUTE))
    assert later.wanted == ()


def test_what_came_with_a_digest_and_is_told_later_is_open_from_then_on():
    pages = {"stateful": frozenset({"ops"})}
    digest = {"ops": Way.DIGEST}
    later = picture(now=NOW + PACE.repeat, **pages)
    told = flush(group(alert(1), told=digest, last={"ops": NOW}), later)
    assert kinds(told) == [("ops", Kind.UPDATE, (1,))]
    (member,) = told.members
    over = group(Member(alert(1, firing=False), member.told), last={"ops": NOW})
    assert kinds(flush(over, picture(**pages))) == [("ops", Kind.RESOLVE, (1,))]
    spent = picture(now=NOW + PACE.repeat, rooms={"ops": Room(0, NOW + HOUR)})
    again = flush(group(alert(1), told=SENT, last={"ops": NOW}), spent)
    assert [member.told for member in again.members] == [SENT]


def test_the_end_of_what_is_open_costs_nothing():
    over = group(alert(1, firing=False), told=SENT, last={"ops": NOW})
    spent = picture(rooms={"ops": Room(0, NOW + HOUR)}, stateful=frozenset({"ops"}))
    assert [each.free for each in flush(over, spent).wanted] == [True]


def test_a_route_without_channels_says_so():
    flushed = flush(group(alert(1), channels=()), picture())
    assert flushed.decided[0].reason == "Its route has no channels."
    assert flushed.next_at is None


members = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.sets(st.sampled_from(["ops", "mail"]))),
    max_size=8,
)


@given(members, st.booleans(), st.integers(0, 2))
def test_whatever_happens_the_books_are_right(drawn, silenced, left):
    """Each channel is told once at most; who knows of something hears its end; all is explained."""
    found = group(
        *(
            Member(
                alert(number, firing=firing, acknowledged=seen, labels={"host": str(number)}),
                dict.fromkeys(sorted(told), Way.SENT),
            )
            for number, (firing, seen, told) in enumerate(drawn)
        ),
        channels=("ops", "mail"),
        last={"ops": NOW, "mail": NOW},
    )
    wanted = (silence(ends=Ends(resolved=True)),) if silenced else ()
    flushed = flush(found, picture(*wanted, rooms={"ops": Room(left, NOW + HOUR)}))
    channels = [each.channel for each in flushed.wanted]
    assert len(channels) == len(set(channels))
    assert not set(channels) & flushed.digests.keys()
    reached = {(each.channel, number) for each in flushed.wanted for number in each.alert_ids} | {
        (channel, number) for channel, ids in flushed.digests.items() for number in ids
    }
    for number, (firing, _, told) in enumerate(drawn):
        if not firing:
            assert {(channel, number) for channel in told} <= reached
        if firing and not silenced:
            assert {("ops", number), ("mail", number)} <= reached | {(c, number) for c in told}
    assert {member.alert.id for member in flushed.members} == {
        number for number, (firing, _, _) in enumerate(drawn) if firing
    }
    assert {each.alert_id for each in flushed.decided} == set(range(len(drawn)))
