import random

from hypothesis import given
from hypothesis import strategies as st

from core.alerts.incident import STORM, Key, Open, Surroundings, joined
from tests.unit.core.alerts.pictures import MINUTE, NOW, alert

NOTHING = Surroundings({}, {}, {}, frozenset())


def place(alerts, *open_, around=NOTHING, recent=None):
    return joined(alerts, open_, around=around, recent=recent or {})


def test_alerts_of_a_component_are_one_incident():
    found = place([alert(1, component="a"), alert(2, component="a"), alert(3, component="b")])
    assert [each.new for each in found] == [0, 0, 1]
    assert found[1].reason == "It joined, because it is of the same component (a)."


def test_an_open_incident_is_joined():
    known = Open(7, frozenset({"component:1/a"}), NOW - MINUTE)
    (found,) = place([alert(1, project_id=1, component="a")], known)
    assert (found.incident_id, found.new) == (7, None)
    (other,) = place([alert(1, project_id=2, component="a")], known)
    assert other.new == 0


def test_a_cascade_binds_more_than_a_component():
    around = Surroundings({5: 9}, {}, {}, frozenset())
    opened = (
        Open(1, frozenset({"component:1/a"}), NOW),
        Open(2, frozenset({"cascade:1/9"}), NOW - MINUTE),
    )
    (found,) = place([alert(1, project_id=1, issue_id=5, component="a")], *opened, around=around)
    assert found.incident_id == 2


def test_deploys_traces_and_fresh_releases_bind():
    around = Surroundings({}, {5: [42], 6: [42]}, {(1, "a"): "2.0"}, frozenset({(1, "2.0")}))
    deploy = [alert(n, project_id=1, component="a") for n in (1, 2)]
    traces = [alert(n, project_id=1, issue_id=n) for n in (5, 6)]
    release = [alert(n, project_id=1, component=f"c{n}", release="2.0") for n in (7, 8)]
    for pair in (deploy, traces, release):
        assert [each.new for each in place(pair, around=around)] == [0, 0]


def test_very_many_at_once_are_a_storm_whatever_they_are_about():
    def lone(number):
        return alert(number, component=f"part {number}", labels={"alertname": f"rule {number}"})

    assert len({each.new for each in place([lone(n) for n in range(STORM)])}) == 1
    few = place([lone(n) for n in range(STORM - 1)])
    assert len({each.new for each in few}) == STORM - 1
    assert {each.new for each in place([lone(1), lone(2)], recent={0: STORM})} == {0}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", ""])), max_size=30))
def test_each_alert_is_in_one_incident_and_components_are_never_split(drawn):
    alerts = [
        alert(number, component=component, labels={"environment": environment})
        for number, (component, environment) in enumerate(drawn)
    ]
    random.Random(1).shuffle(alerts)
    found = place(alerts)
    assert sorted(each.alert.id for each in found) == list(range(len(drawn)))
    homes = {}
    for each in found:
        homes.setdefault(drawn[each.alert.id], set()).add(each.new)
    assert all(len(home) == 1 for home in homes.values())


def test_keys_are_read_as_they_are_written():
    key = Key.read("component:1/a:b live")
    assert (str(key), key.told) == (
        "component:1/a:b live",
        "it is of the same component (a:b live)",
    )
