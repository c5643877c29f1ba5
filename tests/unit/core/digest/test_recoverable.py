import uuid
from dataclasses import replace
from datetime import UTC, datetime

from core.analysis.result import (
    Analysis,
    Classification,
    Grouping,
    Mechanism,
    Ruled,
    Severity,
)
from core.digest.event import Digested
from core.digest.recoverable import MOST_OPERATIONS, signals
from core.digest.rows import StoredRow
from core.digest.thinning import IssueMinuteKey
from core.errors import Category
from core.store.signals import Told

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
MINUTE = NOW.replace(second=0)
PASSING = Classification(
    category=Category.CONNECTION,
    family="dependency",
    transient=True,
    severity=Severity.MEDIUM,
    confidence=1.0,
    rule="test",
)
LASTING = replace(PASSING, category=Category.BUG, transient=False)


def row(number, found=PASSING, *, issue=1, ruled=Ruled(), payload=b"", **values):  # noqa: B008
    grouping = Grouping("key", "title", "", Mechanism.MESSAGE, ())
    event = Digested(
        row_id=number,
        project_id=7,
        event_id=uuid.UUID(int=number),
        received_at=NOW,
        timestamp=NOW,
        level="error",
        component=None,
        release=None,
        environment=None,
        analysis=Analysis(grouping, found, ruled),
        document=b"",
        **values,
    )
    return StoredRow(event, issue, None, payload)


def told(rows, begun=(), earlier=None, known=()):
    found = signals(rows, begun, earlier or {}, told=lambda asked: set(known) & set(asked), now=NOW)
    return [(each.issue_id, each.detail) for each in found]


def hexed(number):
    return uuid.UUID(int=number).hex


def test_a_passing_failure_is_told_with_its_first_event_of_the_minute():
    assert told([row(1), row(2), row(3, issue=2)]) == [
        (1, {"category": "connection", "event_id": hexed(1)}),
        (2, {"category": "connection", "event_id": hexed(3)}),
    ]


def test_later_in_the_same_minute_it_is_not_told_again():
    known = {Told(1, "connection", MINUTE)}
    assert told([row(1)], earlier={IssueMinuteKey(1, MINUTE): 3}, known=known) == []


def test_what_begins_is_told_in_any_case():
    earlier = {IssueMinuteKey(1, MINUTE): 3}
    found = [(1, {"category": "connection", "event_id": hexed(1)})]
    assert told([row(1)], begun={1}, earlier=earlier) == found


def test_what_lasts_is_told_when_it_begins_and_not_again():
    assert told([row(1, LASTING)], known={Told(1, "bug", None)}) == []
    found = [(1, {"category": "bug", "event_id": hexed(1)})]
    assert told([row(1, LASTING)], begun={1}) == found


def test_another_category_at_the_same_place_is_told_of_its_own():
    """Whether the other one came in the same batch, in the same minute, or long before."""
    bug = (1, {"category": "bug", "event_id": hexed(2)})
    passing = (1, {"category": "connection", "event_id": hexed(1)})
    assert told([row(1), row(2, LASTING), row(3, LASTING)], begun={1}) == [bug, passing]
    known = {Told(1, "connection", MINUTE)}
    earlier = {IssueMinuteKey(1, MINUTE): 3}
    assert told([row(1), row(2, LASTING)], earlier=earlier, known=known) == [bug]
    assert told([row(2, replace(PASSING, category=Category.TIMEOUT))], earlier=earlier, known=known)


def test_what_is_not_in_doubt_is_not_asked_for():
    def never(asked):
        raise AssertionError(asked)

    assert len(signals([row(1), row(2)], {1}, {}, told=never, now=NOW)) == 1


def test_each_piece_of_work_that_can_be_run_again_is_told():
    rows = [row(1, replayable=True), row(2), row(3, replayable=True)]
    operations = [hexed(1), hexed(3)]
    detail = {"category": "connection", "event_id": hexed(2), "operations": operations}
    assert told(rows) == [(1, detail)]


def test_work_is_told_up_to_a_number_and_only_if_its_event_was_kept():
    rows = [row(n, replayable=True) for n in range(1, MOST_OPERATIONS + 50)]
    rows.append(row(1_000, issue=2, replayable=True, payload=None))
    found = dict(told(rows))
    assert len(found[1]["operations"]) == MOST_OPERATIONS
    assert "operations" not in found[2]


def test_what_a_rule_ignores_and_what_is_no_failure_is_not_told():
    ignored, fine = Ruled(ignored=True), replace(PASSING, http_status=200)
    assert told([row(1, ruled=ignored), row(2, fine)], begun={1}) == []
