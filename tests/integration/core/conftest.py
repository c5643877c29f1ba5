import secrets

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from core.store.engine import Database
from tests.integration.core.rows import add_project


@pytest.fixture(scope="session")
def shared_database(postgres_server, migrated_template):
    """One database for all tests that leave nothing behind."""
    name = f"mendline_shared_{secrets.token_hex(4)}"
    made, template = sql.Identifier(name), sql.Identifier(migrated_template)
    url = make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(postgres_server, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(made, template))
        shared = Database(url, application="tests")
        yield shared
        shared.dispose()
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(made))


@pytest.fixture
def session(shared_database):
    """A transaction that is rolled back in the end; tests with `database` have their own."""
    with shared_database.engine.connect() as connection, connection.begin() as outer:
        with Session(connection, expire_on_commit=False) as opened:
            yield opened
        outer.rollback()


@pytest.fixture
def project_id(session):
    return add_project(session)


@pytest.fixture
def committed_project(database):
    """A project that other connections see, too."""
    with database.transaction() as session:
        return add_project(session)
