import pytest

from tests.unit.core.analysis.families.facts import taken


def test_a_broken_constraint():
    message = 'duplicate key value violates unique constraint "orders_pkey"'

    family, context = taken("UniqueViolation", "psycopg.errors", message)

    assert family == "database"
    assert context == {"constraint": "orders_pkey", "kind": "constraint"}


def test_a_missing_table():
    context = taken("UndefinedTable", "psycopg.errors", 'relation "orders" does not exist')[1]

    assert (context["table"], context["kind"]) == ("orders", "schema")


@pytest.mark.parametrize(
    ("kind", "module", "message", "expected"),
    [
        ("DeadlockDetected", "psycopg.errors", "deadlock detected", "transaction"),
        ("OperationalError", "psycopg", "connection refused", "connection"),
        ("CommandError", "alembic.util", "no such revision", "migration"),
        ("CardinalityViolation", "psycopg.errors", "x", "constraint"),
    ],
)
def test_the_kind_of_trouble(kind, module, message, expected):
    assert taken(kind, module, message)[1]["kind"] == expected


def test_a_number_of_a_server_is_enough():
    assert taken(message="ORA-00060: deadlock detected")[0] == "database"


def test_a_component_called_db():
    assert taken("Boom", "", "x", tags={"component": "db"}) == ("database", {})
