import io
from datetime import timedelta

import orjson
import pytest
import zstandard
from sqlalchemy import func, select, text

from core.access.audit import Actor
from core.errors import InvalidInputError
from core.issues import merging
from core.maintenance.exchange import read_project, write_project
from core.maintenance.exchange.format import DamagedExportError
from core.maintenance.proof import contradictions, gather
from core.maintenance.space import budget, sizes
from core.model import Event, Issue, IssueFingerprint, IssueMinute, PayloadDictionary, Project
from core.store import projects
from core.store.engine import Database
from core.store.payloads import Payloads
from core.store.projects import ProjectExistsError
from tests.integration.core.digest.world import World, failure

KINDS = ("ValueError", "KeyError", "OSError")


@pytest.fixture
def world(database, clock):
    """A project with three issues and events of two days."""
    made = World(database, clock)
    for number in range(120):
        made.put(failure(number, kind=KINDS[number % 3]))
    made.put(failure(0, kind=KINDS[0]))
    clock.advance(86_400)
    for number in range(120, 150):
        made.put(failure(number, kind=KINDS[number % 3]))
    made.digest()
    return made


@pytest.fixture
def other(databases):
    """A second platform."""
    with databases.lent() as url:
        opened = Database(url, application="tests")
        yield opened
        opened.dispose()


@pytest.fixture
def exported(world):
    file = io.BytesIO()
    write_project(world.database, "shop", file, version="1", now=world.clock.now())
    return file.getvalue()


def take(database, exported, clock, **options):
    return read_project(database, io.BytesIO(exported), Actor("ada"), now=clock.now(), **options)


def documents(database, project_id):
    payloads = Payloads()
    with database.transaction() as session:
        rows = session.scalars(select(Event).where(Event.project_id == project_id))
        return {
            row.event_id: payloads.unpack(session, row.payload, row.dictionary_id) for row in rows
        }


def count(database, model):
    with database.transaction() as session:
        return session.scalar(select(func.count()).select_from(model))


def lines(exported):
    content = zstandard.ZstdDecompressor().stream_reader(exported).read()
    return [orjson.loads(line) for line in content.splitlines()]


def test_what_comes_back_is_what_was_there(world, exported, other, clock):
    made = take(other, exported, clock)
    assert made.counts["event"] == 150
    assert made.counts["issue"] == 3
    assert documents(other, made.project_id) == documents(world.database, world.project)
    for model in (Issue, IssueFingerprint, IssueMinute):
        assert count(other, model) == count(world.database, model) > 0


def test_the_books_are_right_afterwards(exported, other, clock):
    take(other, exported, clock)
    since = clock.now().date() - timedelta(days=7)
    assert contradictions(gather(other, since=since)) == []


def test_events_that_the_source_no_longer_held_stand_in_the_books(world, other, clock):
    with world.database.transaction() as session:
        session.execute(text("DELETE FROM events WHERE received_at < :day"), {"day": clock.now()})
    file = io.BytesIO()
    write_project(world.database, "shop", file, version="1", now=clock.now())
    made = take(other, file.getvalue(), clock)
    assert made.counts["event"] == 30
    since = clock.now().date() - timedelta(days=7)
    assert contradictions(gather(other, since=since)) == []


def test_issues_get_new_ids_where_theirs_are_taken(world, exported, clock):
    """Beside the original, under another name."""
    made = take(world.database, exported, clock, name="shop again")
    found = documents(world.database, made.project_id)
    assert found == documents(world.database, world.project)
    with world.database.transaction() as session:
        used = select(Event.issue_id).where(Event.project_id == made.project_id)
        owners = session.scalars(select(Issue.project_id).where(Issue.id.in_(used)))
        assert set(owners) == {made.project_id}
    since = clock.now().date() - timedelta(days=7)
    assert contradictions(gather(world.database, since=since)) == []


def test_merged_issues_stay_merged(world, other, clock):
    with world.database.transaction() as session:
        one, two, _ = session.scalars(select(Issue).order_by(Issue.id)).all()
        merging.merge(session, one.id, [two.id], actor="test", now=clock.now())
    file = io.BytesIO()
    write_project(world.database, "shop", file, version="1", now=clock.now())
    take(other, file.getvalue(), clock)
    with other.transaction() as session:
        (merged,) = session.scalars(select(Issue).where(Issue.merged_into.is_not(None)))
        assert session.get_one(Issue, merged.merged_into).title == one.title
    since = clock.now().date() - timedelta(days=7)
    assert contradictions(gather(other, since=since)) == []


def test_events_are_packed_by_a_dictionary_of_the_new_project(exported, other, clock):
    made = take(other, exported, clock)
    with other.transaction() as session:
        (taught,) = session.scalars(select(PayloadDictionary))
        used = session.scalars(select(Event.dictionary_id).distinct())
        assert (taught.project_id, set(used)) == (made.project_id, {taught.id})


def test_no_key_is_in_the_file(world, exported):
    with world.database.transaction() as session:
        key = projects.current_key(session, world.project)
    plain = zstandard.ZstdDecompressor().stream_reader(exported).read()
    assert key.public_key.encode() not in plain


def test_a_project_of_that_name_is_not_touched(world, exported, clock):
    with pytest.raises(ProjectExistsError):
        take(world.database, exported, clock)
    assert count(world.database, Event) == 150


def nothing_there(database):
    return count(database, Project) == count(database, Issue) == count(database, Event) == 0


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_leaves_nothing_behind(exported, other, clock, share):
    with pytest.raises(DamagedExportError):
        take(other, exported[: int(len(exported) * share)], clock)
    assert nothing_there(other)


@pytest.mark.parametrize("place", [0.3, 0.6, 0.95])
def test_a_flipped_byte_is_found(exported, other, clock, place):
    damaged = bytearray(exported)
    damaged[int(len(damaged) * place)] ^= 0x10
    with pytest.raises(DamagedExportError):
        take(other, bytes(damaged), clock)
    assert nothing_there(other)


def rewritten(exported, change):
    """The file with its rows changed, the checksum as it was."""
    found = lines(exported)
    change(found)
    return zstandard.compress(b"".join(orjson.dumps(line) + b"\n" for line in found))


def without_an_issue(found):
    found.remove(next(line for line in found if line.get("kind") == "issue"))


def with_another_title(found):
    next(line for line in found if line.get("kind") == "issue")["row"]["title"] = "changed"


def with_a_word_for_a_number(found):
    next(line for line in found if line.get("kind") == "minute")["row"]["events"] = "many"


def with_a_field_too_many(found):
    next(line for line in found if line.get("kind") == "event")["row"]["extra"] = 1


def with_an_unknown_kind(found):
    found.insert(1, {"kind": "wish", "row": {}})


@pytest.mark.parametrize(
    "change",
    [
        without_an_issue,
        with_another_title,
        with_a_word_for_a_number,
        with_a_field_too_many,
        with_an_unknown_kind,
    ],
)
def test_a_file_that_was_edited_is_refused(exported, other, clock, change):
    with pytest.raises(DamagedExportError):
        take(other, rewritten(exported, change), clock)
    assert nothing_there(other)


@pytest.mark.parametrize("settings", [{"retention_days": "x"}, {"retention_days": 10**9}, {"a": 1}])
def test_settings_that_would_stop_the_house_are_not_imported(exported, other, clock, settings):
    def change(found):
        found[0]["project"]["settings"] = settings

    with pytest.raises(InvalidInputError):
        take(other, rewritten(exported, change), clock)
    assert nothing_there(other)


def test_what_comes_in_counts_for_the_budgets_of_days_that_are_over(world, exported, clock):
    days = clock.now() + timedelta(days=3)
    budget.keep(world.database, days, each=None, total=None)
    made = take(world.database, exported, clock, name="copy")
    budget.keep(world.database, days, each=None, total=None)
    with world.database.transaction() as session:
        measured = [each for each in sizes.known(session) if each.project_id == made.project_id]
    assert len(measured) == 2
    assert all(each.bytes > 0 for each in measured)
