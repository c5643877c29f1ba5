import pytest
from sqlalchemy import select

from core.deadletters import Capture, Means, capture
from core.errors import InvalidInputError, report
from core.model import AuditEntry, ReplayRun
from core.recovery.action import ActionError
from core.recovery.actions.replay import ReplayAction
from core.recovery.arguments import ArgumentError
from core.work.ledger import Ledger
from core.work.sender import MemorySender


@pytest.fixture
def action(database, clock, once):
    ledger = Ledger(database, MemorySender(), clock)

    def cancel(session, work_id):
        return ledger.cancel(session, work_id, reason="recalled")

    return ReplayAction(once, Means(ledger.add, cancel, queues={"alerts"}), clock)


@pytest.fixture(autouse=True)
def letters(database, clock, project):
    """Two of the project, one of nobody's."""
    failure = report(InvalidInputError("no such address"))
    with database.transaction() as session:
        for key, owner in (("a", project), ("b", project), ("c", None)):
            told = {"reason": "permanent", "task": "mail.send", "queue": "alerts"}
            letter = Capture(
                capture_key=key,
                arguments={"args": [], "kwargs": {}},
                error=failure,
                project_id=owner,
                **told,
            )
            capture(session, letter, clock.now())


@pytest.fixture
def runs(database):
    def look():
        with database.transaction() as session:
            return [(each.state, each.matched) for each in session.scalars(select(ReplayRun))]

    return look


def test_letters_of_the_project_are_sent_again_as_one_run(action, order, runs, database):
    first = action.run(order("replay", tasks=["mail.send"]))
    assert action.run(order("replay", tasks=["mail.send"])) == first
    assert (runs(), first.evidence["letters"]) == ([("running", 2)], 2)
    with database.transaction() as session:
        assert session.scalars(select(AuditEntry.actor)).one() == "recovery"


def test_a_run_is_stopped_where_the_recovery_is_rolled_back(action, order, runs):
    asked = order("replay", tasks=["mail.send"])
    done = action.run(asked)
    action.undo(asked, done.undo)
    assert runs() == [("stopped", 2)]
    assert "had ended" in action.undo(order("replay", order_key="other"), done.undo).summary


def test_a_dry_run_counts(action, order, runs):
    done = action.run(order("replay", tasks=["mail.send"], dry_run=True))
    assert (done.evidence, runs()) == ({"tasks": {"mail.send": 2}}, [])


def test_all_letters_at_once_are_refused(action, order):
    with pytest.raises(ArgumentError, match="never sends all"):
        action.run(order("replay"))


def test_an_unknown_choice_is_refused(action, order):
    with pytest.raises(ActionError, match="does not know states"):
        action.run(order("replay", tasks=["a"], states=["closed"]))
