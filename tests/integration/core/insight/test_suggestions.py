from datetime import timedelta

import orjson
import pytest
from sqlalchemy import select, update

from core.insight import shapes, suggestions
from core.insight.suggestions import AlreadyDecidedError, State
from core.issues import merging
from core.model import IssueFingerprint, IssueShape, MergeSuggestion
from core.store import signals
from core.store.payloads import Payloads
from core.store.signals import NewSignal, SignalKind
from tests.integration.core.rows import NOW, add_issue, add_project

STACK = ("main", "handle", "checkout", "charge", "pay")
PAYLOADS = Payloads()


def example(*functions, kind="ValueError", said="cart is empty"):
    frames = [{"module": f"shop.{name}", "function": name, "in_app": True} for name in functions]
    value = {"type": kind, "value": said, "stacktrace": {"frames": frames}}
    return {"platform": "python", "exception": {"values": [value]}}


@pytest.fixture
def add(session, project_id):
    def add(event, *, project=project_id, key=None, **values):
        issue = add_issue(session, project)
        fields = {"mechanism": "stacktrace", "grouping_version": 1} | values
        session.add(
            IssueFingerprint(
                project_id=project,
                issue_key=key or f"key-{issue.id}",
                issue_id=issue.id,
                created_at=NOW,
                example=PAYLOADS.pack(session, orjson.dumps(event), None),
                **fields,
            )
        )
        session.flush()
        return issue

    return add


def offer(session, now=NOW):
    return suggestions.offer_new(session, PAYLOADS, now)


def pairs(session):
    rows = session.execute(select(MergeSuggestion.target_id, MergeSuggestion.source_id))
    return {tuple(row) for row in rows}


def test_a_new_issue_like_an_older_one_is_offered(session, add):
    old, _ = add(example(*STACK)), add(example("boot", "mail", "send", kind="OSError"))
    offer(session)
    new = add(example(*STACK[:3], "renamed", "pay"))
    assert offer(session).suggestions == 1
    found = session.scalar(select(MergeSuggestion))
    assert (found.target_id, found.source_id, found.state) == (old.id, new.id, "open")
    assert found.score >= 0.65
    assert "Both failed in pay.py:pay." in found.reasons


def test_a_damaged_example_holds_no_other_up(session, add):
    damaged = add(example("boot"))
    session.execute(update(IssueFingerprint).values(example=b"damaged"))
    add(example(*STACK))
    add(example(*STACK[:3], "renamed", "pay"))
    found = offer(session)
    assert (found.shapes, found.suggestions) == (3, 1)
    assert suggestions.similar(session, damaged, PAYLOADS, NOW) == []


def test_looking_again_offers_nothing_again(session, add):
    add(example(*STACK))
    add(example(*STACK[:3], "renamed", "pay"))
    assert offer(session).suggestions == 1
    assert (offer(session).shapes, offer(session).suggestions) == (0, 0)


def test_other_projects_are_not_looked_at(session, add):
    add(example(*STACK), project=add_project(session, "mall"))
    add(example(*STACK[:3], "renamed", "pay"))
    assert offer(session).suggestions == 0


def test_what_people_grouped_by_themselves_is_left_alone(session, add):
    add(example(*STACK))
    add(example(*STACK[:3], "renamed", "pay"), mechanism="fingerprint")
    add(example(*STACK[:3], "renamed", "pay"), rule="by hand")
    assert offer(session).suggestions == 0


def test_members_that_were_merged_count_for_their_issue(session, add):
    target, source = add(example("boot", "mail", "send")), add(example(*STACK))
    merging.merge(session, target.id, [source.id], actor="ann", now=NOW)
    offer(session)
    new = add(example(*STACK[:3], "renamed", "pay"))
    offer(session)
    assert pairs(session) == {(target.id, new.id)}


def test_accepting_merges_and_parting_takes_it_back(session, add):
    old, new = add(example(*STACK)), add(example(*STACK[:3], "renamed", "pay"))
    offer(session)
    found = session.scalar(select(MergeSuggestion))
    suggestions.accept(session, found, actor="ann", now=NOW)
    assert (new.merged_into, found.state, found.actor) == (old.id, "accepted", "ann")
    merging.unmerge(session, new.id, actor="ann", now=NOW)
    assert new.merged_into is None
    with pytest.raises(AlreadyDecidedError):
        suggestions.dismiss(session, found, actor="bob", now=NOW)


def test_accepting_after_a_merge_by_hand_merges_what_is_left(session, add):
    old, new = add(example(*STACK)), add(example(*STACK[:3], "renamed", "pay"))
    offer(session)
    third = add_issue(session, old.project_id)
    merging.merge(session, third.id, [old.id], actor="ann", now=NOW)
    assert suggestions.page(session).rows == ()
    suggestions.accept(session, session.scalar(select(MergeSuggestion)), actor="ann", now=NOW)
    assert new.merged_into == third.id


def test_what_was_dismissed_never_comes_again(session, add):
    old, new = add(example(*STACK)), add(example(*STACK[:3], "renamed", "pay"))
    offer(session)
    found = session.scalar(select(MergeSuggestion))
    suggestions.dismiss(session, found, actor="ann", now=NOW)
    third = add_issue(session, old.project_id)
    merging.merge(session, third.id, [new.id], actor="ann", now=NOW)
    session.query(IssueShape).filter(IssueShape.issue_key == f"key-{new.id}").delete()
    assert offer(session).shapes == 1
    assert pairs(session) == {(old.id, new.id)}


def test_similar_issues_of_one_are_told_with_reasons(session, add):
    old, new = add(example(*STACK)), add(example(*STACK[:3], "renamed", "pay"))
    add(example("boot", "mail", "send"))
    found = suggestions.similar(session, new, PAYLOADS, NOW)
    assert found == []
    offer(session)
    (found,) = suggestions.similar(session, new, PAYLOADS, NOW)
    assert (found.issue.id, found.likeness.same_type) == (old.id, True)


def test_a_shape_that_is_missing_is_made_when_it_is_asked_for(session, add):
    old = add(example(*STACK))
    later = NOW + timedelta(days=30)
    assert offer(session, later).shapes == 0
    assert shapes.of_issue(session, old.id) == []
    suggestions.similar(session, old, PAYLOADS, later)
    assert shapes.of_issue(session, old.id)[0].type == "ValueError"


def test_who_asks_before_the_look_at_new_ones_takes_no_offer_away(session, add):
    old = add(example(*STACK))
    offer(session)
    new = add(example(*STACK[:3], "renamed", "pay"))
    suggestions.similar(session, new, PAYLOADS, NOW)
    assert (offer(session).suggestions, pairs(session)) == (0, {(old.id, new.id)})


def test_marks_that_stand_everywhere_are_not_asked_for():
    known = {1: 3_000, 2: 900, 3: 100_000}
    assert shapes.rarest([1, 2, 3, 4], known) == [4, 2, 1]


def test_open_ones_of_a_project_newest_first(session, add):
    add(example(*STACK))
    offer(session)
    for place in range(2):
        add(example(*STACK[:3], f"renamed{place}", "pay"))
        offer(session)
    found = [row[0].id for row in suggestions.page(session, state=State.OPEN).rows]
    assert found == sorted(found, reverse=True)
    assert len(found) == 3


def test_what_a_newer_grouping_would_join_is_offered_once(session, add):
    one, other = add(example("boot")), add(example("mail"))
    told = NewSignal(
        project_id=one.project_id,
        issue_id=one.id,
        kind=SignalKind.MERGE_SUGGESTED,
        at=NOW,
        detail={"issues": [str(other.id), str(one.id)], "reason": "same_key"},
    )
    signals.add(session, [told])
    assert offer(session).suggestions == 1
    assert pairs(session) == {(one.id, other.id)}
    signals.add(session, [told])
    assert offer(session).suggestions == 0
