import httpx2
import orjson
import pytest
import redis
from psycopg import OperationalError, errors
from sqlalchemy.exc import DataError

from cli.failure import explain
from core.errors import (
    BrokerUnavailableError,
    ConflictError,
    DatabaseUnavailableError,
    InvalidInputError,
    NotFoundError,
    SchemaError,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFoundError(), 1),
        (ConflictError(), 1),
        (SchemaError(), 1),
        (InvalidInputError(), 2),
        (DatabaseUnavailableError(), 3),
        (BrokerUnavailableError(), 3),
        (OperationalError("refused"), 3),
        (redis.ConnectionError("refused"), 3),
        (TimeoutError(), 3),
        (httpx2.ConnectError("refused"), 3),
        (httpx2.ReadTimeout("silent"), 3),
        (errors.UndefinedTable("issues"), 1),
        (ZeroDivisionError(), 1),
    ],
)
def test_each_failure_has_its_exit_code_and_a_next_step(error, code, capsys):
    assert explain(error) == code
    told = capsys.readouterr().err.splitlines()
    assert len(told) >= 2


def test_only_a_bug_comes_with_its_trace(capsys):
    explain(NotFoundError())
    assert "Traceback" not in capsys.readouterr().err
    explain(ValueError("surprise"))
    assert "surprise" in capsys.readouterr().err


def test_of_a_server_its_own_words_are_told_and_no_statement(capsys):
    said = errors.NumericValueOutOfRange("bigint out of range")
    assert explain(DataError("SELECT 1 WHERE key = %s", {"key": "hunter2"}, said)) == 2
    assert capsys.readouterr().err.splitlines()[0] == "bigint out of range [ML-DB-0009]"


@pytest.mark.parametrize("use", [str.encode, orjson.dumps])
def test_an_argument_that_is_no_text_is_wrong_use(use, capsys):
    with pytest.raises((UnicodeEncodeError, TypeError)) as raised:
        use("caf\udce9")
    assert explain(raised.value) == 2
    assert "is not UTF-8" in capsys.readouterr().err
