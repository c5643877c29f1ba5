import pytest
from sqlalchemy import text


@pytest.fixture
def accounts(database):
    """Two accounts with ten each."""
    with database.transaction() as session:
        session.execute(text("CREATE TABLE accounts (id int PRIMARY KEY, amount int NOT NULL)"))
        session.execute(text("INSERT INTO accounts VALUES (1, 10), (2, 10)"))

    def amounts():
        with database.transaction() as session:
            return list(session.execute(text("SELECT amount FROM accounts ORDER BY id")).scalars())

    return amounts
