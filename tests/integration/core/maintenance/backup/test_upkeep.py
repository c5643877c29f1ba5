import os
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from core.clock import FixedClock
from core.errors import ConfigurationError, report
from core.maintenance.backup.keeping import Rule
from core.maintenance.backup.places.bucket import Bucket
from core.maintenance.backup.problems import (
    BackupNotFoundError,
    DamagedBackupError,
    PlaceError,
    UncopiedBackupError,
)
from core.maintenance.backup.upkeep import Means, Upkeep, held
from core.store import backups as rows
from tests.integration.core.rows import NOW


@pytest.fixture(scope="module")
def endpoint():
    """A local store that speaks S3."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def bucket(endpoint):
    place = Bucket("s3://backups/site-1", endpoint=endpoint)
    place._client.create_bucket(Bucket="backups")
    return place


@pytest.fixture
def clock():
    return FixedClock(NOW)


@pytest.fixture
def means(target, how, clock, bucket):
    rule = Rule(last=1, daily=2, weekly=0, monthly=0)
    return Means(target=target, taking=replace(how, clock=clock), rule=rule, place=bucket)


def states(database):
    with database.transaction() as session:
        return {row[0].name: row[0].state for row in rows.page(session).rows}


def test_a_backup_is_copied_away_and_comes_back(means, filled, bucket):
    keeper = Upkeep(means, filled)
    done = keeper.create(cause="test")
    name = done.backup.path.name
    assert (done.proof.ok, states(filled)) == (True, {name: "proven"})
    assert name in bucket.names()
    done.backup.path.unlink()
    assert keeper.verify(keeper.fetch(name)).ok


def test_old_ones_go_here_and_there(means, filled, clock, bucket):
    keeper = Upkeep(replace(means, place=bucket), filled)
    made = []
    for _ in range(3):
        clock.advance(timedelta(days=1).total_seconds())
        made.append(keeper.create(cause="test", prove=False).backup.path.name)
    assert keeper.prune() == (made[0],)
    assert [each.path.name for each in held(means.taking.folder)] == [made[2], made[1]]
    assert (made[0] in bucket.names(), made[1] in bucket.names()) == (False, True)
    assert states(filled)[made[0]] == "removed"


def test_a_damaged_one_is_told_in_its_row(means, filled):
    keeper = Upkeep(means, filled)
    path = keeper.create(cause="test", prove=False).backup.path
    path.write_bytes(b"x" + path.read_bytes()[1:])
    with pytest.raises(DamagedBackupError):
        keeper.verify(path)
    assert states(filled) == {path.name: "failed"}


def test_what_only_looks_like_a_backup_is_passed_over(how):
    how.folder.mkdir()
    (how.folder / "strange.mendline").write_bytes(b"strange")
    assert held(how.folder) == []


def test_one_that_cannot_be_opened_keeps_nobody_from_the_others(means, filled):
    kept = Upkeep(means, filled).create(cause="test", prove=False).backup.path
    unreadable = kept.with_name("loop.mendline")
    unreadable.symlink_to(unreadable)
    assert [each.path for each in held(means.taking.folder)] == [kept]
    assert Upkeep(means, filled).prune() == ()


def test_a_copy_that_cannot_be_removed_now_is_removed_later(means, filled, clock, bucket, endpoint):
    keeper = Upkeep(means, filled)
    made = []
    for _ in range(3):
        clock.advance(timedelta(days=1).total_seconds())
        made.append(keeper.create(cause="test", prove=False).backup.path.name)
    away = Upkeep(replace(means, place=Bucket("s3://nowhere", endpoint=endpoint)), filled)
    with pytest.raises(PlaceError):
        away.prune()
    assert made[0] in bucket.names()
    assert keeper.prune() == (made[0],)
    assert made[0] not in bucket.names()


def test_what_is_nowhere_is_told(means, filled, bucket):
    keeper = Upkeep(means, filled)
    with pytest.raises(BackupNotFoundError, match=bucket.name):
        keeper.fetch("none.mendline")
    with pytest.raises(BackupNotFoundError):
        Upkeep(replace(means, place=None), filled).fetch("none.mendline")
    assert list(means.taking.folder.iterdir()) == []


def test_a_place_that_fails_is_told_and_the_backup_stays(means, filled, endpoint):
    keeper = Upkeep(replace(means, place=Bucket("s3://nowhere", endpoint=endpoint)), filled)
    with pytest.raises(UncopiedBackupError, match="s3://nowhere") as caught:
        keeper.create(cause="test", prove=False)
    assert len(held(means.taking.folder)) == 1
    assert report(caught.value).permanent  # a task that is tried again takes another one


def test_what_could_not_be_copied_is_copied_with_the_next_one(
    means, filled, clock, bucket, endpoint
):
    away = Upkeep(replace(means, place=Bucket("s3://nowhere", endpoint=endpoint)), filled)
    with pytest.raises(UncopiedBackupError):
        away.create(cause="test")
    (missed,) = [each.path.name for each in held(means.taking.folder)]
    clock.advance(timedelta(days=1).total_seconds())
    made = Upkeep(means, filled).create(cause="test").backup.path.name
    assert {missed, made} <= set(bucket.names())


def test_an_address_of_another_form_is_refused():
    with pytest.raises(ConfigurationError, match="s3://BUCKET"):
        Bucket("https://backups")
