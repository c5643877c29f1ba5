"""Runs a declared transaction again that was the victim of a deadlock or of a conflict."""

import time
from collections.abc import Mapping
from random import Random
from typing import Any, Final

import psycopg
from psycopg import IsolationLevel
from psycopg.errors import DeadlockDetected, SerializationFailure

from core.clock import Clock
from core.recovery.action import ActionError, Done, Order
from core.recovery.arguments import ArgumentError, Arguments
from core.recovery.connecting import connected
from core.recovery.declared import Connection, Transaction
from core.recovery.failing import told

PAUSE: Final = 0.05
SPREAD: Final = Random()  # noqa: S311 (spreads attempts; nothing secret hangs on it)


class TransactionAction:
    """`{"transaction": name, "parameters"?: {…}}`.

    The statements also get `%(idempotency_key)s`, so that they can tell a repeat.
    """

    name = "transaction"
    reversible = False

    def __init__(
        self,
        transactions: Mapping[str, Transaction],
        databases: Mapping[str, Connection],
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._databases = databases
        self._clock = clock

    def run(self, order: Order) -> Done:
        with Arguments("The action transaction", order.arguments) as given:
            declared: Transaction = given.declared(
                "transaction", self._transactions, "transactions"
            )
            parameters = {**given.table("parameters"), "idempotency_key": order.idempotency_key}
        name = order.arguments["transaction"]
        if order.dry_run:
            return Done(f"Would run the transaction {name}.", {"parameters": sorted(parameters)})
        with told(f"The transaction {name} failed"):
            return self._run(order, declared, parameters)

    def undo(self, order: Order, undo: Mapping[str, Any]) -> Done:  # noqa: ARG002
        raise ActionError("A transaction that was committed stays.", permanent=True)

    def _run(self, order: Order, declared: Transaction, parameters: Mapping[str, Any]) -> Done:
        until = self._clock.monotonic() + order.timeout
        database = self._databases[declared.database]
        with connected(database, timeout=order.timeout) as connection:
            connection.isolation_level = IsolationLevel[declared.isolation.upper()]
            for attempt in range(1, declared.attempts + 1):
                try:
                    rows = _committed(connection, declared, parameters)
                except (DeadlockDetected, SerializationFailure):
                    pause = PAUSE * 2**attempt * SPREAD.uniform(0.5, 1)
                    if attempt == declared.attempts or self._clock.monotonic() + pause > until:
                        raise
                    time.sleep(pause)
                else:
                    told_rows = {"attempts": attempt, "rows": rows}
                    return Done(f"Committed in attempt {attempt}.", told_rows)
        raise ActionError("The transaction has no attempts.", permanent=True)


def _committed(
    connection: psycopg.Connection[Any], declared: Transaction, parameters: Mapping[str, Any]
) -> list[int]:
    """Rows that each statement touched."""
    try:
        with connection.transaction():
            return [
                connection.execute(statement.encode(), parameters).rowcount
                for statement in declared.statements
            ]
    except (psycopg.ProgrammingError, KeyError) as error:
        if isinstance(error, psycopg.Error) and error.sqlstate is not None:
            raise
        raise ArgumentError(f"The transaction needs other parameters: {error}.") from error
