import httpx2
import pytest
import redis
from psycopg import OperationalError, errors

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
