"""What RabbitMQ gives up, or somebody rejects, becomes a dead letter like any other.

Our own workers bury before they reject, and letters are told apart by the id of the message: what
comes here after that is known already. Of a ledgered message nothing is lost, its row is asked.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import structlog
from kombu import Connection, Message
from kombu.exceptions import ChannelError, OperationalError
from sqlalchemy.orm import Session

from core.clock import Clock
from core.errors import BrokerUnavailableError
from core.model import WorkItem
from core.store.deadletters import insert_capture
from core.store.engine import Database
from core.work.states import LIVE
from tasks.configuration import dead_queue
from workers.letters import letter

if TYPE_CHECKING:
    from celery import Celery

log = structlog.get_logger()

BATCH: Final = 100
# What RabbitMQ calls it, and what we do.
REASONS: Final = {"delivery_limit": "poison", "expired": "expired", "rejected": "refused"}
LEDGERED: Final = "work-"


class DeadExchange:
    """Empties the queue behind the dead-letter exchange; a message leaves it when it is stored."""

    def __init__(self, app: "Celery", database: Database, clock: Clock) -> None:
        self._app = app
        self._database = database
        self._clock = clock

    def empty(self) -> int:
        """How many messages became letters; none on a broker without such an exchange."""
        with self._app.connection_for_write() as connection:
            if connection.transport.driver_type != "amqp":
                return 0
            try:
                return self._empty(connection)
            except (ChannelError, OperationalError) as error:
                raise BrokerUnavailableError(str(error), queue=dead_queue().name) from error

    def _empty(self, connection: Connection) -> int:
        queue = dead_queue()(connection.channel())
        queue.declare()
        stored = 0
        for _ in range(BATCH):
            message = queue.get(accept=None)
            if message is None:
                break
            stored += self._store(message)
            message.ack()
        if stored:
            log.warning("dead_exchange.captured", letters=stored)
        return stored

    def _store(self, message: Message) -> bool:
        with self._database.transaction() as session:
            if _lives(session, message):
                return False
            capture = letter(message, _reason(message), None)
            known = replace(capture, attempts=max(_deaths(message), 1))
            insert_capture(session, known, self._clock.now())
        return True


def _lives(session: Session, message: Message) -> bool:
    """Whether the ledger still has to do with it: then its reconciler sends another message."""
    name = str(_headers(message).get("id", ""))
    number = name.removeprefix(LEDGERED).partition("-")[0]
    if not name.startswith(LEDGERED) or not number.isdigit():
        return False
    row = session.get(WorkItem, int(number))
    return row is not None and row.state in LIVE


def _reason(message: Message) -> str:
    """How it died first; the name of the queue alone would not tell."""
    first = _headers(message).get("x-first-death-reason")
    return REASONS.get(str(first), "refused")


def _deaths(message: Message) -> int:
    count = _headers(message).get("x-delivery-count", 0)
    return count if isinstance(count, int) else 0


def _headers(message: Message) -> Mapping[str, Any]:
    found: Any = message.headers
    return found if isinstance(found, Mapping) else {}
