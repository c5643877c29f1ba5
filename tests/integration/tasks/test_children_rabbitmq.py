"""The same worker grows and shrinks on a broker that counts what each consumer has in hand."""

import pytest

from tests.integration.tasks.test_children import (
    exchange,
    has,
    pool,
    test_it_grows_at_once_and_works_with_all_of_them,
    test_only_idle_children_are_given_up,
    test_what_is_acknowledged_late_comes_to_all_of_them_too,
)
from tests.integration.tasks.test_rabbitmq import emptied, environment

__all__ = [
    "emptied",
    "environment",
    "exchange",
    "has",
    "pool",
    "test_it_grows_at_once_and_works_with_all_of_them",
    "test_only_idle_children_are_given_up",
    "test_what_is_acknowledged_late_comes_to_all_of_them_too",
]

pytestmark = pytest.mark.rabbitmq
