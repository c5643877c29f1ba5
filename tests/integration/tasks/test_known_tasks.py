"""What a worker announces when it starts, and what that sets free."""

import pytest
from sqlalchemy.orm import Session

from core.deadletters import Capture, capture
from core.deadletters.signatures import Signature
from core.model import KnownTask, ReplayRun, WorkItem
from tasks import announcing
from tests.integration.tasks.conftest import wait_until

LETTER = Capture(
    capture_key="message-early",
    reason="unknown_task",
    task="drill.content",
    queue="intake",
    message_id="early",
    raw=b'[[], {"what": "early"}, {}]',
)
CONTENT = Signature("drill.content", "content", [], open=True)


@pytest.mark.parametrize(("replay", "ordered"), [(True, 1), (False, 0)])
def test_letters_are_taken_up_if_the_setting_says_so(house, replay, ordered):
    now = house.ledger._clock.now()
    with Session(house.database.engine) as session:  # leaves nothing behind
        capture(session, LETTER, now)
        announcing.tell(session, [CONTENT], now=now, replay=replay)
        found = session.query(WorkItem).filter_by(task=announcing.REPLAY_KNOWN).count()
    assert found == ordered


def test_a_worker_announces_its_tasks_and_takes_letters_up(house, start_worker):
    """As after a deploy in the wrong order: the message met a worker that was too old."""
    with house.database.transaction() as session:
        capture(session, LETTER, house.ledger._clock.now())
    start_worker("newer")
    wait_until(lambda: house.fleet() or house.effects("early"))
    (row,) = house.letters(message_id="early")
    (run,) = house.rows(ReplayRun)
    assert (row.state, run.cause, run.author) == ("replayed", "task_known", "mendline")
    with house.database.transaction() as session:
        known = session.get_one(KnownTask, "drill.slow")
    assert known.delivery == "ledgered"
    assert known.parameters == [
        {"name": "what", "required": True, "kind": "str"},
        {"name": "seconds", "required": True, "kind": "float"},
    ]
