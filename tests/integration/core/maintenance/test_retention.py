from datetime import timedelta

import pytest
from sqlalchemy import select

from core.maintenance import retention
from core.maintenance.values import Keeping
from core.model import (
    AuditEntry,
    ComponentMinute,
    CorrelationGroup,
    DeadLetter,
    IssueFacet,
    IssueMinute,
    IssueShape,
    IssueVisitor,
    MarkCount,
    MergeSuggestion,
    ReplayItem,
    ReplayRun,
    Schedule,
    ScheduleRun,
    Sighting,
    Signal,
    VisitorLimit,
    WorkItem,
)
from tests.integration.core.rows import NOW, add_issue, add_project

pytestmark = pytest.mark.store

DAY = timedelta(days=1)
OLD, NEW = NOW - 31 * DAY, NOW - 29 * DAY
VALUES = Keeping(run_days=30, deadletter_days=30, rollup_days=30)
WORK = {
    "task": "a.b",
    "arguments": {},
    "queue": "maintenance",
    "priority": 5,
    "due_at": OLD,
    "max_attempts": 1,
    "lease_seconds": 60,
    "created_at": OLD,
}


def clean(database, **values):
    return retention.clean(database, Keeping(run_days=30, **values), NOW)


def add(database, *rows):
    with database.transaction() as session:
        for row in rows:
            session.add(row)
            session.flush()


def left(database, column):
    with database.transaction() as session:
        return sorted(session.scalars(select(column)))


def test_nothing_old_is_nothing_deleted(database):
    assert retention.clean(database, VALUES, NOW).total == 0


def test_finished_work_goes_and_unfinished_stays(database):
    add(
        database,
        WorkItem(**WORK, state="done", finished_at=OLD),
        WorkItem(**WORK, state="dead", finished_at=NEW),
        WorkItem(**WORK, state="waiting"),
    )
    assert retention.clean(database, VALUES, NOW).deleted["work_items"] == 1
    assert left(database, WorkItem.state) == ["dead", "waiting"]


def test_schedule_runs_go_and_the_schedule_stays(database):
    schedule = Schedule(
        job="sweep", task="a.b", queue="maintenance", priority=5, next_slot=NOW, updated_at=NOW
    )
    runs = [
        ScheduleRun(job="sweep", slot=at, cause="slot", work_id=1, claimed_at=at)
        for at in (OLD, NEW)
    ]
    add(database, schedule, *runs)
    assert retention.clean(database, VALUES, NOW).deleted["schedule_runs"] == 1
    assert left(database, ScheduleRun.slot) == [NEW]


def letter(key, state, closed_at):
    return DeadLetter(
        capture_key=key, state=state, reason="r", created_at=OLD - DAY, closed_at=closed_at
    )


def test_closed_dead_letters_go_and_open_ones_stay(database):
    add(
        database,
        letter("a", "replayed", OLD),
        letter("b", "discarded", NEW),
        letter("c", "open", None),
    )
    assert retention.clean(database, VALUES, NOW).deleted["dead_letters"] == 1
    assert left(database, DeadLetter.capture_key) == ["b", "c"]


def test_signals_go_when_they_were_looked_at(database):
    add(
        database,
        Signal(project_id=1, kind="new_issue", at=OLD, processed_at=OLD),
        Signal(project_id=1, kind="waiting", at=OLD),
        Signal(project_id=1, kind="recent", at=NEW, processed_at=NEW),
    )
    assert retention.clean(database, VALUES, NOW).deleted["signals"] == 1
    assert left(database, Signal.kind) == ["recent", "waiting"]


def test_counts_of_any_resolution_go(database):
    for at in (OLD, NEW):
        for resolution in (60, 3600, 86400):
            place = {"minute": at, "resolution": resolution, "project_id": 1, "events": 1}
            add(
                database,
                IssueMinute(issue_id=1, **place),
                ComponentMinute(component="cart", **place),
            )
    deleted = retention.clean(database, VALUES, NOW).deleted
    assert (deleted["issue_minutes"], deleted["component_minutes"]) == (3, 3)
    assert set(left(database, IssueMinute.minute)) == {NEW}


def test_batches_are_bounded_and_all_is_done(database):
    add(database, *(WorkItem(**WORK, state="done", finished_at=OLD) for _ in range(7)))
    assert clean(database, batch=3).deleted["work_items"] == 7
    assert left(database, WorkItem.id) == []


def test_rows_that_somebody_holds_are_left_for_the_next_run(database):
    add(database, *(WorkItem(**WORK, state="done", finished_at=OLD) for _ in range(2)))
    with database.transaction() as holder:
        holder.scalars(select(WorkItem).limit(1).with_for_update()).all()
        assert clean(database).deleted["work_items"] == 1
    assert clean(database).deleted["work_items"] == 1


INSIGHT = Keeping(event_days=30, rollup_days=30)


def test_visitors_go_and_traces_go_sooner(database):
    met = {"project_id": 1, "issue_id": 1}
    limits = [VisitorLimit(project_id=1, kind=1, issue_id=i, below=9, set_at=OLD) for i in (1, 2)]
    add(
        database,
        IssueVisitor(**met, kind=1, hash=1, seen_at=OLD),
        IssueVisitor(**met, kind=1, hash=2, seen_at=NEW),
        IssueVisitor(**met, kind=2, hash=3, seen_at=NEW),
        IssueVisitor(**met, kind=2, hash=4, seen_at=NOW),
        *limits,
    )
    deleted = retention.clean(database, INSIGHT, NOW).deleted
    assert (deleted["issue_visitors"], deleted["issue_traces"]) == (1, 1)
    assert left(database, IssueVisitor.hash) == [2, 4]
    assert left(database, VisitorLimit.issue_id) == [1]


def test_counts_by_value_and_place_go(database):
    for at in (OLD, NEW):
        seen = {"project_id": 1, "first_seen": OLD, "last_seen": at}
        add(
            database,
            IssueFacet(issue_id=1, kind=1, value=at.isoformat(), events=1, **seen),
            Sighting(release=at.isoformat(), environment="", component="", **seen),
            MarkCount(project_id=1, mark=at.toordinal(), shapes=1, counted_at=at),
        )
    deleted = retention.clean(database, INSIGHT, NOW).deleted
    assert [deleted[table] for table in ("issue_facets", "sightings", "mark_counts")] == [1, 1, 1]


def test_shapes_stay_as_long_as_their_issue_is_seen(database):
    with database.transaction() as session:
        project_id = add_project(session)
        for key, last_seen in (("gone", OLD), ("alive", NEW)):
            add_issue(session, project_id, keys=[key], last_seen=last_seen)
            shape = {"type": "", "template": "", "frames": [], "own": [], "marks": []}
            session.add(
                IssueShape(project_id=project_id, issue_key=key, version=1, made_at=OLD, **shape)
            )
    assert retention.clean(database, INSIGHT, NOW).deleted["issue_shapes"] == 1
    assert left(database, IssueShape.issue_key) == ["alive"]


def test_decisions_stay_and_what_nobody_decided_goes(database):
    with database.transaction() as session:
        project_id = add_project(session)
        ids = [add_issue(session, project_id).id for _ in range(3)]
        for state, at, pair in (("open", OLD, (0, 1)), ("dismissed", OLD, (0, 2))):
            target, source = (ids[place] for place in pair)
            session.add(
                MergeSuggestion(
                    project_id=project_id,
                    target_id=target,
                    source_id=source,
                    score=1,
                    reasons=[],
                    state=state,
                    made_at=at,
                )
            )
    assert retention.clean(database, INSIGHT, NOW).deleted["merge_suggestions"] == 1
    assert left(database, MergeSuggestion.state) == ["dismissed"]


def test_cascades_that_ended_go(database):
    with database.transaction() as session:
        project_id = add_project(session)
        for closed in (OLD, NEW, None):
            told = {"confidence": 0, "reasons": [], "issue_count": 3, "event_count": 9}
            session.add(
                CorrelationGroup(
                    project_id=project_id,
                    state="closed" if closed else "open",
                    started_at=OLD,
                    last_at=OLD,
                    closed_at=closed,
                    **told,
                )
            )
    assert retention.clean(database, INSIGHT, NOW).deleted["correlation_groups"] == 1
    assert left(database, CorrelationGroup.state) == ["closed", "open"]


def run(finished_at):
    return ReplayRun(
        state="done" if finished_at else "running",
        cause="manual",
        wanted={},
        rate=1,
        batch=1,
        failure_share=0.5,
        author="ops",
        until_id=1,
        matched=1,
        created_at=OLD - DAY,
        finished_at=finished_at,
    )


def test_ended_replay_runs_go_with_what_is_of_them(database):
    ended, running = run(OLD), run(None)
    add(database, ended, running)
    add(database, ReplayItem(run_id=ended.id, letter_id=1, state="succeeded"))
    assert retention.clean(database, VALUES, NOW).deleted["replay_runs"] == 1
    assert left(database, ReplayRun.id) == [running.id]
    assert left(database, ReplayItem.run_id) == []


def test_old_acts_go(database):
    acts = [
        AuditEntry(at=at, actor="ops", act="edited", subject="dead_letter", subject_id=1)
        for at in (OLD, NEW)
    ]
    add(database, *acts)
    assert retention.clean(database, VALUES, NOW).deleted["audit_entries"] == 1
    assert left(database, AuditEntry.at) == [NEW]
