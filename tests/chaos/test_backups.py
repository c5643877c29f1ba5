"""The drill in small: its commands run in this process, and both databases are of one server.

That a kill in the middle harms nothing, and what is refused, is told by tests of their own.
"""

import psycopg
import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from cli.main import mendline
from core.maintenance.backup.programs import Target
from tests.chaos import backups


class Here(backups.Drill):
    def mendline(self, *arguments, **changes):
        told = self.environment(**changes)
        done = CliRunner().invoke(mendline, [str(each) for each in arguments], env=told)
        done.returncode = done.exit_code
        return done


@pytest.fixture
def elsewhere(database_url):
    target = Target(database_url)
    moved = target.named(f"{target.database}_moved")
    yield moved.url
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{moved.database}" WITH (FORCE)')


def test_a_small_drill_keeps_every_promise(tmp_path, database_url, elsewhere):
    drill = Here(tmp_path, database_url, elsewhere)
    with capture_logs():
        _, figures = backups.saved_and_moved(drill, 500, kill=False)
    assert [name for name, kept in drill.promises.items() if not kept] == []
    assert figures["events_saved"] >= 500
    assert figures["events_written_meanwhile"] > 0
