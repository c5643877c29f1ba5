import pytest

from tests.unit.core.analysis.builders import classified, event, failure
from tests.unit.core.analysis.families.facts import answered, coded, read, taken

DETAIL = "DETAIL:  Key (email)=(ann@example.com) already exists."


@pytest.mark.parametrize(
    ("kind", "module", "message", "expected"),
    [
        ("DeadlockDetected", "psycopg.errors", "deadlock detected", "DB-DEADLOCK"),
        ("OperationalError", "pymysql.err", "(1213, 'Deadlock found')", "DB-DEADLOCK"),
        ("SqlException", "Microsoft.Data.SqlClient", "was deadlocked on lock", "DB-DEADLOCK"),
        ("", "", "ORA-00060: deadlock detected while waiting for resource", "DB-DEADLOCK"),
        (
            "OperationalError",
            "sqlalchemy.exc",
            "(psycopg.errors.SerializationFailure) could not serialize access",
            "DB-SERIALIZATION",
        ),
        ("StaleObjectStateException", "org.hibernate", "Row was updated", "DB-SERIALIZATION"),
        ("OperationalError", "sqlite3", "database is locked", "DB-LOCK"),
        ("OperationalError", "pymysql.err", "(1205, 'Lock wait timeout')", "DB-LOCK"),
        ("OperationalError", "psycopg", "sorry, too many clients", "DB-TOO-MANY-CONNECTIONS"),
        ("TimeoutError", "sqlalchemy.exc", "QueuePool limit of size 5", "DB-POOL"),
        (
            "SQLTransientConnectionException",
            "java.sql",
            "HikariPool-1 - Connection is not available, request timed out after 30001ms.",
            "DB-POOL",
        ),
        ("ActiveRecord::PendingMigrationError", "", "Migrations are pending.", "DB-MIGRATION"),
        ("CommandError", "alembic.util", "Can't locate revision 'ab12'", "DB-MIGRATION"),
        ("IntegrityError", "sqlite3", "UNIQUE constraint failed: orders.number", "DB-UNIQUE"),
        ("MongoServerError", "", "E11000 duplicate key error", "DB-UNIQUE"),
        ("PrismaClientKnownRequestError", "", "Unique constraint failed", "DB-UNIQUE"),
        ("ForeignKeyViolation", "psycopg.errors", "violates", "DB-FOREIGN-KEY"),
        ("*pgconn.PgError", "", "null value (SQLSTATE 23502)", "DB-NOT-NULL"),
        ("CardinalityViolation", "psycopg.errors", "x", "DB-CONSTRAINT"),
        ("ProgrammingError", "django.db.utils", 'relation "x" does not exist', "DB-SCHEMA"),
        ("DoesNotExist", "django.db.models", "no such order", "DB-NOT-FOUND"),
        ("QueryCanceled", "psycopg.errors", "due to statement timeout", "DB-TIMEOUT"),
        ("InFailedSqlTransaction", "psycopg.errors", "aborted", "DB-TRANSACTION"),
        ("PDOException", "", "SQLSTATE[HY000] [2002] Connection refused", "DB-CONNECTION"),
        ("ReadOnlySqlTransaction", "psycopg.errors", "cannot execute", "DB-READ-ONLY"),
        ("DiskFull", "psycopg.errors", "could not extend file", "DB-DISK-FULL"),
        ("OperationalError", "psycopg", "database system is starting up", "DB-UNAVAILABLE"),
    ],
)
def test_the_kind_of_trouble(kind, module, message, expected):
    assert coded(kind, module, message) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [("40P01", "DB-DEADLOCK"), ("08006", "DB-CONNECTION"), ("22001", "DB-DATA"),
     ("23P01", "DB-CONSTRAINT"), ("53300", "DB-TOO-MANY-CONNECTIONS"), ("42501", "DB-PERMISSION")],
)  # fmt: skip
def test_a_sqlstate_or_its_class_decides(code, expected):
    raw = event(failure("OperationalError", "x", module="psycopg", code=code))

    assert classified(raw).code == expected


def test_a_broken_constraint():
    message = f'duplicate key value violates unique constraint "users_email_key"\n{DETAIL}'

    family, context = taken("UniqueViolation", "psycopg.errors", message)

    assert family == "database"
    assert context == {
        "constraint": "users_email_key",
        "column": "email",
        "sqlstate": "23505",
    }


def test_values_of_rows_stay_where_they_are():
    context = read("UniqueViolation", "psycopg.errors", f'constraint "a"\n{DETAIL}')

    assert "ann@example.com" not in str(context)


def test_a_missing_table():
    context = read("UndefinedTable", "psycopg.errors", 'relation "orders" does not exist')

    assert context == {"table": "orders", "sqlstate": "42P01"}


def test_a_server_that_is_away():
    message = 'connection to server at "10.0.3.7", port 5432 failed: Connection refused'

    answer = answered("OperationalError", "psycopg", message)

    assert answer == ("DB-CONNECTION", 503, "circuit_break")
    assert read("OperationalError", "psycopg", message) == {"host": "10.0.3.7", "port": "5432"}


def test_the_statement_says_what_was_tried():
    message = "could not serialize access [SQL: UPDATE stock SET amount = 1]"

    context = read("OperationalError", "sqlalchemy.exc", message)

    assert context == {"statement": "UPDATE", "table": "stock"}


def test_what_the_client_read_off_the_exception_counts_most():
    values = failure("PostgresError", "duplicate key", mechanism={"data": {"table": "users"}})
    raw = event(values, contexts={"PostgresError": {"table": "x", "constraint": "users_pkey"}})

    context = dict(classified(raw).context)

    assert context == {"table": "users", "constraint": "users_pkey"}


def test_a_lock_is_tried_again_and_a_duplicate_is_not():
    assert answered("DeadlockDetected", "psycopg.errors", "x") == ("DB-DEADLOCK", 503, "retry")
    assert answered("UniqueViolation", "psycopg.errors", "x") == ("DB-UNIQUE", 409, "fail_fast")


def test_the_cause_tells_what_the_wrapper_hides():
    cause = failure("DeadlockLoserDataAccessException", "", module="org.springframework.dao")
    raw = event(cause, failure("ServiceException", "order failed"), platform="java")

    assert classified(raw).code == "DB-DEADLOCK"


def test_a_number_of_a_server_is_enough():
    assert taken(message="ORA-00942: table or view does not exist")[0] == "database"


def test_a_component_called_db():
    assert taken("Boom", "", "x", tags={"component": "orders-db"}) == ("database", {})
