"""`python -m pytest tests/chaos/upgrades.py`: from every revision there ever was to the newest."""

import pytest
from alembic.script import ScriptDirectory

from core.store import schema
from core.store.engine import Database
from tests.integration.core.store.test_walking_up import ROWS, fill, kept, step


def revisions():
    found = ScriptDirectory.from_config(schema.config()).walk_revisions()
    return sorted(each.revision for each in found)


@pytest.mark.parametrize("released", revisions())
def test_the_upgrade_starts_from_every_revision(empty_database_url, released):
    database = Database(empty_database_url)
    then = [revision for revision in ROWS if revision <= released]
    for revision in then:
        step(database, revision)
        fill(database, revision)
    step(database, released)
    assert schema.upgrade(database.url).ready
    assert [kept(database, revision) for revision in then] == [True] * len(then)
    database.dispose()
