"""The table of scenarios: routing, grouping, inhibition, silences, ends and hours.

A group waits 2 units, tells changes every 5, and says the same again after 100 unless a scenario
says otherwise. So what fires at 0 is told at 2, and changes at 7 and 12: steps keep away
from these.
"""

from tests.chaos.alertmanager.scenario import (
    ANOTHER_DAY,
    NOW,
    End,
    Fire,
    Scenario,
    Silence,
    Unsilence,
    told,
)

PACE = {"group_wait": 2, "group_interval": 5, "repeat_interval": 100}
OPS = {"receiver": "ops", "group_by": ["cluster"], **PACE}


def alert(name, severity="critical", **labels):
    return {"alertname": name, "severity": severity, **({"cluster": "a"} | labels)}


DISK, LOAD = alert("Disk"), alert("Load", "high")
FAR = alert("Far", cluster="b")
DOWN, SLOW = alert("Down"), alert("Slow", "warning")
DOWN_EXPLAINS = {
    "source_matchers": ['severity="critical"'],
    "target_matchers": ['severity="warning"'],
    "equal": ["cluster"],
}
A, B = {"cluster": "a"}, {"cluster": "b"}


def fired(at, *alerts, **more):
    return tuple(Fire(at=at, alert=each, **more) for each in alerts)


GROUPING = (
    Scenario(
        name="what comes within the wait is told together",
        route=OPS,
        steps=(*fired(0, DISK, FAR), *fired(1, LOAD)),
        lasts=9,
    ),
    Scenario(
        name="an alert joins a group that was told",
        route=OPS,
        steps=(*fired(0, DISK), *fired(4, LOAD)),
        lasts=10,
    ),
    Scenario(
        name="two alerts join a group long after it was told",
        route=OPS,
        steps=(*fired(0, DISK), *fired(8.5, LOAD), *fired(9.5, DOWN)),
        lasts=15,
    ),
    Scenario(
        name="groups by a label that some have not",
        route=OPS | {"group_by": ["alertname", "host"]},
        steps=fired(0, DISK, alert("Disk", host="x"), alert("Disk", host="y", cluster="b")),
        lasts=5,
    ),
    Scenario(
        name="one group of everything",
        route={"receiver": "ops", **PACE},
        steps=fired(0, DISK, FAR, LOAD),
        lasts=5,
    ),
    Scenario(
        name="groups by all labels",
        route=OPS | {"group_by": ["..."]},
        steps=fired(0, DISK, LOAD),
        lasts=5,
    ),
    Scenario(
        name="two alerts that differ in severity only",
        route=OPS,
        steps=(*fired(0, alert("Disk", "warning"), DISK), End(at=4, alert=DISK)),
        lasts=10,
    ),
    Scenario(
        name="the same is said again after the repeat interval",
        route=OPS | {"repeat_interval": 8},
        steps=fired(0, DISK),
        lasts=15,
    ),
    Scenario(
        name="alerts that began long ago",
        route=OPS,
        steps=(*fired(0, DISK, ago=50), *fired(1, LOAD, ago=50)),
        lasts=7,
        differs="The wait is for what is still being pushed, whenever it began.",
        only_theirs=(told("ops", A, firing=[DISK]),),
    ),
    Scenario(
        name="changes of a group between two beats",
        route=OPS,
        steps=(*fired(0, DISK), *fired(8, LOAD), *fired(11, DOWN)),
        lasts=16.5,
        differs="What comes long after the last notification waits for no beat.",
        only_ours=(told("ops", A, firing=[DISK, LOAD]),),
    ),
)

ENDS = (
    Scenario(
        name="ends are told as they come",
        route=OPS,
        steps=(*fired(0, DISK, LOAD), End(at=4, alert=DISK), End(at=8.5, alert=LOAD)),
        lasts=15,
    ),
    Scenario(
        name="over within the wait",
        route=OPS,
        steps=(*fired(0, DISK), End(at=1, alert=DISK)),
        lasts=9,
    ),
    Scenario(
        name="one of two is over within the wait",
        route=OPS,
        steps=(*fired(0, DISK, LOAD), End(at=1, alert=LOAD)),
        lasts=9,
        differs="Nobody is told the end of what he was never told of.",
        only_theirs=(told("ops", A, firing=[DISK], resolved=[LOAD]),),
        only_ours=(told("ops", A, firing=[DISK]),),
    ),
    Scenario(
        name="ends by itself",
        route=OPS,
        steps=fired(0, DISK, ends_after=4),
        lasts=10,
    ),
    Scenario(
        name="fires again before its end was told",
        route=OPS,
        steps=(*fired(0, DISK), End(at=3.5, alert=DISK), *fired(5, DISK)),
        lasts=10,
    ),
    Scenario(
        name="fires again after its end was told",
        route=OPS,
        steps=(*fired(0, DISK), End(at=4, alert=DISK), *fired(9, DISK)),
        lasts=14.5,
    ),
    Scenario(
        name="a receiver that hears of no ends",
        route=OPS,
        deaf_to_ends=frozenset({"ops"}),
        steps=(
            *fired(0, DISK, LOAD, FAR),
            End(at=4, alert=DISK),
            End(at=4, alert=FAR),
            *fired(9, DOWN),
        ),
        lasts=14.5,
    ),
)

ROUTING = (
    Scenario(
        name="nested routes with continue",
        route=OPS
        | {
            "routes": [
                {
                    "receiver": "shop",
                    "matchers": ['team="shop"'],
                    "continue": True,
                    "routes": [{"receiver": "pager", "matchers": ['severity="critical"']}],
                },
                {"receiver": "loud", "matchers": ['severity=~"critical|high"'], "group_wait": 1},
                {"receiver": "never", "matchers": ['team="shop"']},
            ]
        },
        steps=fired(
            0,
            alert("One", team="shop"),
            alert("Two", "high", team="shop"),
            alert("Three", "low", team="shop"),
            alert("Four", "low"),
        ),
        lasts=5,
    ),
    Scenario(
        name="a child groups otherwise",
        route=OPS
        | {
            "routes": [
                {"matchers": ['team="shop"'], "group_by": ["alertname"], "receiver": "shop"},
                {"matchers": ['cluster="b"'], "receiver": "ops"},
            ]
        },
        steps=fired(0, alert("One", team="shop"), alert("Two", team="shop"), alert("One"), FAR),
        lasts=5,
    ),
    Scenario(
        name="matchers of every kind",
        route=OPS
        | {
            "routes": [
                {"matchers": ['cluster=~"a.?"', 'host!=""'], "receiver": "hosts"},
                {"matchers": ['cluster!~"a|b"'], "receiver": "others"},
                {"matchers": ['alertname=~"Dis"'], "receiver": "never"},
                {"matchers": ['severity!="critical"'], "receiver": "mild"},
            ]
        },
        steps=fired(
            0,
            alert("Disk", host="x"),
            alert("Disk", cluster="abc", host="x"),
            DISK,
            LOAD,
            {"alertname": "Lonely", "severity": "critical"},
        ),
        lasts=5,
    ),
    Scenario(
        name="severities in their own words",
        route=OPS
        | {
            "routes": [
                {"matchers": ['severity="warning"'], "receiver": "mild"},
                {"matchers": ['severity=~"page|error"'], "receiver": "loud"},
            ]
        },
        steps=fired(0, SLOW, alert("Bad", "page"), alert("Wrong", "error"), DISK),
        lasts=5,
    ),
    Scenario(
        name="hours that keep quiet",
        route=OPS
        | {
            "routes": [
                {
                    "matchers": ['severity="critical"'],
                    "receiver": "quiet",
                    "mute_time_intervals": [NOW],
                },
                {
                    "matchers": ['severity="high"'],
                    "receiver": "open",
                    "mute_time_intervals": [ANOTHER_DAY],
                    "active_time_intervals": [NOW],
                },
            ]
        },
        steps=(*fired(0, DISK, LOAD, SLOW), End(at=4, alert=DISK)),
        lasts=9,
    ),
    Scenario(
        name="hours in which a route is closed",
        route=OPS
        | {
            "routes": [
                {
                    "matchers": ['severity="critical"'],
                    "receiver": "closed",
                    "active_time_intervals": [ANOTHER_DAY],
                }
            ]
        },
        steps=fired(0, DISK),
        lasts=5,
        differs="A route that is closed takes nothing: others tell it.",
        only_ours=(told("ops", A, firing=[DISK]),),
    ),
)

INHIBITION = (
    Scenario(
        name="a source holds targets with equal labels back until it is over",
        route=OPS | {"group_by": ["cluster", "alertname"]},
        inhibit=(DOWN_EXPLAINS,),
        steps=(
            *fired(0, DOWN, SLOW, alert("Slow", "warning", cluster="b")),
            End(at=4, alert=DOWN),
        ),
        lasts=14.5,
    ),
    Scenario(
        name="the source comes within the wait of its target",
        route=OPS,
        inhibit=(DOWN_EXPLAINS,),
        steps=(*fired(0, SLOW), *fired(1, DOWN)),
        lasts=5,
    ),
    Scenario(
        name="a target that was told is over while it is held back",
        route=OPS | {"group_by": ["alertname"]},
        inhibit=(DOWN_EXPLAINS,),
        steps=(*fired(0, SLOW), *fired(3.5, DOWN), End(at=5, alert=SLOW)),
        lasts=10,
        differs="Who was told that an alert fires is told that it is over, whatever holds it back.",
        only_ours=(told("ops", {"alertname": "Slow"}, resolved=[SLOW]),),
    ),
    Scenario(
        name="what is source and target alike holds none of its kind back",
        route=OPS,
        inhibit=(
            {
                "source_matchers": ['alertname=~"Disk|Load"'],
                "target_matchers": ['cluster="a"'],
                "equal": ["cluster"],
            },
        ),
        steps=fired(0, DISK, LOAD, SLOW),
        lasts=5,
    ),
    Scenario(
        name="labels that neither has are equal",
        route=OPS,
        inhibit=(DOWN_EXPLAINS | {"equal": ["cluster", "rack"]},),
        steps=fired(0, DOWN, SLOW, alert("Slow", "warning", rack="7")),
        lasts=5,
    ),
    Scenario(
        name="severities of one alert",
        route=OPS,
        inhibit=(DOWN_EXPLAINS | {"equal": ["cluster", "alertname"]},),
        steps=fired(0, alert("Disk", "warning"), DISK, SLOW),
        lasts=5,
    ),
)

SILENCES = (
    Scenario(
        name="silenced before it fires and told when the silence ends",
        route=OPS,
        steps=(
            Silence(at=0, name="work", matchers=('alertname="Disk"',)),
            *fired(1, DISK, LOAD),
            Unsilence(at=5, name="work"),
        ),
        lasts=10,
    ),
    Scenario(
        name="a silence runs out",
        route=OPS,
        steps=(
            Silence(at=0, name="work", matchers=('alertname=~"Di.*"',), lasts=5),
            *fired(1, DISK),
        ),
        lasts=10,
    ),
    Scenario(
        name="silenced after it was told",
        route=OPS | {"repeat_interval": 8},
        steps=(
            *fired(0, DISK, FAR),
            Silence(at=4, name="work", matchers=('cluster!="b"', 'alertname=~".+"')),
        ),
        lasts=15,
    ),
    Scenario(
        name="one of a group is silenced and another joins",
        route=OPS,
        steps=(
            *fired(0, DISK),
            Silence(at=3.5, name="work", matchers=('alertname="Disk"',)),
            *fired(5, LOAD),
        ),
        lasts=10,
    ),
    Scenario(
        name="a silence that matches nothing",
        route=OPS,
        steps=(
            Silence(at=0, name="work", matchers=('alertname="Disk"', 'cluster="b"')),
            *fired(1, DISK, FAR),
        ),
        lasts=6,
    ),
    Scenario(
        name="what was told is over while it is silenced",
        route=OPS,
        steps=(
            *fired(0, DISK),
            Silence(at=3.5, name="work", matchers=('alertname="Disk"',)),
            End(at=5, alert=DISK),
        ),
        lasts=10,
        differs="Who was told that an alert fires is told that it is over, whatever is silenced.",
        only_ours=(told("ops", A, resolved=[DISK]),),
    ),
)

ALL = GROUPING + ENDS + ROUTING + INHIBITION + SILENCES
