from core.deadletters import LetterFilter, groups
from core.errors import InvalidInputError, report


def failure(message):
    return report(InvalidInputError(message))


def found(database, **wanted):
    with database.transaction() as session:
        rows = groups.page(session, LetterFilter(**wanted).conditions()).rows
        return [groups.shown(row) for row in rows]


def test_what_changes_from_case_to_case_makes_no_group(captured, database, clock):
    captured("a", error=failure("no order 17"), reason="permanent")
    first = clock.now()
    clock.advance(60)
    newest = captured("b", error=failure("no order 4711"), reason="exhausted")
    (group,) = found(database)
    assert (group.letters, group.open, group.newest_id) == (2, 2, newest)
    assert group.reasons == {"permanent": 1, "exhausted": 1}
    assert (group.first_seen, group.last_seen) == (first, clock.now())
    assert group.template == "no order <n>"


def test_task_type_and_words_part_groups(captured, database):
    captured("a", error=failure("no order 17"))
    captured("b", error=failure("no order 17"), task="bill.pay")
    captured("c", error=failure("no channel 17"))
    captured("d", error=report(KeyError("no order 17")))
    assert len(found(database)) == 4


def test_where_nothing_was_raised_the_reason_parts_groups(captured, database):
    captured("a", error=None, reason="expired"), captured("b", error=None, reason="refused")
    captured("c", error=None, reason="refused")
    assert [group.letters for group in found(database)] == [2, 1]


def test_only_letters_of_the_filter_are_counted(captured, database):
    captured("a", reason="poison"), captured("b", reason="exhausted")
    (group,) = found(database, reasons=["poison"])
    assert (group.letters, group.reasons) == (1, {"poison": 1})


def test_a_group_is_given_once(captured, database):
    captured("a"), captured("b")
    with database.transaction() as session:
        assert (groups.assign(session), groups.assign(session)) == (2, 0)


def test_many_letters_are_grouped_in_batches(captured, database, monkeypatch):
    monkeypatch.setattr(groups, "_UNGROUPED", groups._UNGROUPED.limit(2))
    monkeypatch.setattr(groups, "BATCH", 2)
    for number in range(5):
        captured(f"k{number}")
    assert found(database)[0].letters == 5
