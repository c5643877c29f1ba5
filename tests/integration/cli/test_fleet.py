import pytest

from core.clock import SystemClock
from core.model import Agent, ScaleDecision
from core.store import agents, fleet
from core.store.heartbeat import Heartbeat


@pytest.fixture(autouse=True)
def pool(database):
    now = SystemClock().now()
    told = {"pool": "general", "at": now, "kind": "grow", "reason": "70 wait", "inputs": {}}
    looked = {"target": 2, "wanted": 9, "running": 2, "busy": 1.0, "backlog": 70.0}
    with database.transaction() as session:
        heartbeat = Heartbeat(
            pool="general", host="a", target=2, running=1, state="running", detail={"children": 2}
        )
        agents.report(session, heartbeat, now=now)
        fleet.write_loads(session, [{**told, **looked, "oldest_seconds": 0.0}])
        session.add(ScaleDecision(**told, old=1, new=2))


def override(database):
    with database.transaction() as session:
        return fleet.overrides(session, SystemClock().now()).get("general")


def test_status_tells_the_size_and_its_reason(ask, run):
    (shown,) = ask("fleet", "status")
    assert (shown["target"], shown["wanted"], shown["running"]) == (2, 9, 2)
    assert "70 wait" in run("fleet", "status").output


def test_scale_sets_a_size_and_auto_takes_it_back(ask, database):
    assert ask("fleet", "scale", "general", 5)["children"] == 5
    assert override(database).author.startswith("cli:")
    ask("fleet", "scale", "general", "--auto")
    assert override(database) is None


def test_a_size_may_have_an_end(ask, database):
    ask("fleet", "scale", "general", 5, "--for", "10")
    assert override(database).until > SystemClock().now()


@pytest.mark.parametrize(
    "arguments",
    [
        ["general"],
        ["general", 5, "--auto"],
        ["general", "-1"],
        ["general", 5, "--for", "1e12"],
        ["general", 5, "--for", "nan"],
    ],
)
def test_a_wish_that_is_none_is_wrong_use(run, arguments):
    assert run("fleet", "scale", *arguments).exit_code == 2


def test_restart_asks_the_agents(ask, database):
    assert ask("fleet", "restart", "general")["hosts"] == ["a"]
    with database.transaction() as session:
        assert session.get_one(Agent, ("general", "a")).restarts_asked == 1


def test_decisions_are_listed(ask):
    (shown,) = ask("fleet", "decisions", "--pool", "general")
    assert (shown["kind"], shown["old"], shown["new"]) == ("grow", 1, 2)


def test_unknown_pools_fail(run):
    assert run("fleet", "restart", "nothing").exit_code == 1
