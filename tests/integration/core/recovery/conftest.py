"""Orders as the engine makes them, and the parts that actions on our own rows work with."""

import pytest

from core.recovery.action import Order
from core.recovery.once import Once
from tests.integration.core.rows import add_project


@pytest.fixture
def project(database):
    with database.transaction() as session:
        return add_project(session)


@pytest.fixture
def once(database, clock):
    return Once(database, clock)


@pytest.fixture
def order(project):
    """An order about the project; `order_key` tells orders apart."""

    def make(action, *, order_key="key-1", dry_run=False, timeout=5.0, **arguments):
        about = {"project_id": project, "component": "checkout", "release": "1.4.2"}
        target = "component:checkout"
        return Order(action, target, arguments, order_key, timeout, dry_run=dry_run, about=about)

    return make
