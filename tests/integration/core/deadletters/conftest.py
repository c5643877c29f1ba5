"""Tests that commit share one database; each leaves these tables as empty as it found them."""

import pytest
from sqlalchemy import text

TABLES = ("dead_letters", "schedule_runs", "schedules", "work_holds", "work_items")


@pytest.fixture
def database(shared_database):
    yield shared_database
    with shared_database.transaction() as session:
        for table in TABLES:
            session.execute(text(f"DELETE FROM {table}"))
