from dataclasses import replace

import psycopg
import pytest

from core.clock import SystemClock
from core.maintenance.backup import container, loading, proving, snapshot, taking
from core.maintenance.backup.loading import Loading
from core.maintenance.backup.manifest import TableFacts
from core.maintenance.backup.problems import DamagedBackupError, WrongKeyError
from core.maintenance.backup.proving import Outcome
from core.maintenance.backup.sealing import Key
from tests.integration.core.maintenance.backup.conftest import KEY

pytestmark = pytest.mark.store

CLOCK = SystemClock()


def scratches(target):
    with psycopg.connect(target.url) as connection:
        found = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", ["mendline_scratch%"]
        )
        return found.fetchall()


def outcomes(proof):
    return {check.name: check.outcome for check in proof.checks}


def test_a_sound_backup_is_proven_and_the_scratch_database_dropped(backup, target):
    proof = proving.prove(backup.path, target, Loading(), CLOCK)
    found = outcomes(proof)
    assert found.pop("pg_amcheck") in {Outcome.OK, Outcome.SKIPPED}
    assert set(found.values()) == {Outcome.OK}
    assert list(found) == ["checksum", "revision", "rows", "objects", "foreign keys", "screens"]
    assert 0 < proof.recovery_seconds < proof.seconds
    assert scratches(target) == []


def test_an_encrypted_one_is_proven_with_its_key_only(target, how):
    made = taking.take(target, replace(how, key=KEY))
    assert proving.prove(made.path, target, Loading(key=KEY), CLOCK).ok
    for key in (None, Key(b"o" * 32)):
        with pytest.raises(WrongKeyError):
            proving.prove(made.path, target, Loading(key=key), CLOCK)
    assert scratches(target) == []


def test_a_flipped_byte_is_found_before_anything_is_restored(backup, target):
    with backup.path.open("r+b") as file:
        file.seek(backup.dump_bytes // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(DamagedBackupError, match="checksum"):
        proving.prove(backup.path, target, Loading(), CLOCK)


def other_manifest(backup, **changes):
    """The same dump with a manifest that tells something else."""
    contents = replace(backup.manifest.contents, **changes)
    with container.dump_of(backup) as read:
        chunks = [read(backup.dump_bytes)]
    made = replace(backup.manifest, contents=contents)
    return container.write(backup.path.with_name("other.mendline"), chunks, lambda _: made)


def test_lost_rows_are_found(backup, target):
    tables = {**backup.manifest.contents.tables, "events": TableFacts(11, {})}
    proof = proving.prove(other_manifest(backup, tables=tables).path, target, Loading(), CLOCK)
    assert not proof.ok
    assert "events has 10 rows" in proof.failures


@pytest.mark.parametrize(
    ("changes", "check"), [({"revision": "0001"}, "revision"), ({"objects": {"x": 1}}, "objects")]
)
def test_another_schema_is_found(backup, target, changes, check):
    found = other_manifest(backup, **changes)
    with proving.scratch(target) as scratch:
        loading.load(found, scratch, Loading())
        assert outcome_of(found, scratch, check) is Outcome.FAILED


def outcome_of(backup, target, name):
    with snapshot.connected(target) as connection:
        checks = proving.compared(backup.manifest.contents, snapshot.contents(connection))
    return {check.name: check.outcome for check in checks}[name]


def test_what_a_killed_proof_left_is_dropped(target):
    with loading.beside(target) as connection:
        loading.create(connection, "mendline_scratch_left")
    with proving.scratch(target) as scratch:
        assert scratches(target) == [(scratch.database,)]


def test_two_proofs_at_a_time_do_not_drop_one_another(target):
    with proving.scratch(target), proving.scratch(target):
        assert len(scratches(target)) == 2
