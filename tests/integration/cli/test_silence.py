"""Silences, incidents and reasons from the shell."""

import pytest

from tests.integration.cli.conftest import NOW
from tests.integration.core.alerts.raising import Desk, fire


@pytest.fixture
def firing(database):
    with database.transaction() as session:
        alert = fire(session, NOW)
        Desk(session, NOW).run()
        return alert.id


def test_a_silence_from_the_shell(ask, firing):
    seen = ask("silence", "create", "component=checkout", "--reason", "load test", "--preview")
    assert seen == {"alerts": 1, "alert_ids": [str(firing)]}
    told = ("--reason", "load test", "--for", "2h", "--until-release")
    made = ask("silence", "create", "component=checkout", *told)
    assert made["matchers"] == ['component="checkout"']
    assert made["ends"].endswith("or until the next release")
    (listed,) = ask("silence", "list")
    assert listed["id"] == made["id"]
    (ended,) = ask("silence", "expire", made["id"], "--reason", "done")
    assert (ended["phase"], ended["expired_why"]) == ("expired", "done")
    assert ask("silence", "list") == []
    assert len(ask("silence", "list", "--all")) == 1


@pytest.mark.parametrize(("until", "first"), [("2998-01-05T09:00:00", 0), ("2999-01-01", 1)])
def test_of_two_times_the_first_ends_it(ask, until, first):
    begins = "2998-01-05T08:00:00"
    told = ("--reason", "load test", "--start", begins, "--for", "2h", "--until", until)
    made = ask("silence", "create", "component=checkout", *told)
    assert made["until"] == ("2998-01-05T09:00:00.000Z", "2998-01-05T10:00:00.000Z")[first]


def test_a_maintenance_from_the_shell(ask):
    window = ("--cron", "0 2 * * sun", "--minutes", "120", "--zone", "Europe/Paris")
    made = ask("silence", "create", "--channel", "ops", "--reason", "backups", *window)
    assert made["window"] == {"cron": "0 2 * * sun", "minutes": 120, "zone": "Europe/Paris"}
    assert made["scope"] == "channel"


def test_wrong_use(run):
    for wrong in (
        ("--reason", "none"),
        ("--rule", "a", "--issue", "1", "--reason", "two"),
        ("--rule", "a", "--reason", "r", "--for", "soon"),
        ("--rule", "a", "--reason", "r", "--cron", "0 2 * * *"),
        ("nonsense", "--reason", "r"),
    ):
        assert run("silence", "create", *wrong).exit_code == 2, wrong


def test_incidents_from_the_shell(ask, firing):
    (incident,) = ask("incident", "list")
    shown = ask("incident", "show", incident["id"])
    assert [each["alert_id"] for each in shown["members"]] == [str(firing)]
