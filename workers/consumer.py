"""The worker's consumer, hardened: what cannot be run becomes a dead letter, and only then goes."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from celery import signals as celery_signals
from celery.worker.consumer import Consumer
from kombu import Message
from kombu.exceptions import ContentDisallowed

from config import wiring
from core.clock import SystemClock
from core.deadletters.refusal import PoisonMessageError, UnreadableMessageError
from core.work.attempt import UnknownWorkError
from tasks.app import app
from tasks.work import Delivery, row_of
from workers import decompression, signals, transport
from workers.examination import Content, examine, moment, strip
from workers.exchange import Exchange
from workers.keeper import Keeper
from workers.leases import LeaseRenewal, renewed_meanwhile
from workers.letters import UNREADABLE, item_letter, key_of, letter
from workers.request import HardRequest, order, redelivered

log = structlog.get_logger()

# While nothing takes a letter its message goes back to the broker, but not in a tight circle.
REQUEUE_AFTER_SECONDS: Final = 5
# A message that came back so often, and was never settled, is not given to anybody again.
POISON_DELIVERIES: Final = 3
# Events are for people's eyes: sent one by one they cost a third of what the main process does.
EVENTS_SECONDS: Final = 0.2
COUNT_HEADER: Final = "x-delivery-count"
ON_TIME: Final = timedelta(seconds=1)

transport.install()
decompression.install()


class HardConsumer(Consumer):
    """Examines each message before Celery's strategy takes anything for it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        signals.connect()
        super().__init__(*args, **options)
        database = wiring.database(app.settings, application="mendline-worker", pool_size=1)
        spool = wiring.letter_spool(app.settings)
        self.keeper = HardRequest.keeper = Keeper(database, self.hostname, spool)
        LeaseRenewal(self.keeper).begin(self)
        self._exchange = Exchange.of_this_process()
        transport.SafeChannel.bury = staticmethod(self._bury_item)
        self._events_wait = False

    def ensure_connected(self, connection: Any) -> Any:
        """Until the broker is back nothing else is looked at; what runs goes on."""
        above: Any = super()
        with renewed_meanwhile(self.keeper, self._exchange):
            return above.ensure_connected(connection)

    def on_send_event_buffered(self) -> Any:
        """Celery sends them at the end of each turn of its loop."""
        this: Any = self
        if this.hub and not self._events_wait:
            self._events_wait = True
            self.timer.call_after(EVENTS_SECONDS, self._send_events)

    def _send_events(self) -> None:
        this: Any = self
        self._events_wait = False
        this._flush_events()  # noqa: SLF001

    def create_task_handler(self, *args: Any, **options: Any) -> Callable[[Message], None]:
        run = super().create_task_handler(*args, **options)

        def on_message(message: Message) -> None:
            if redelivered(message) and not self._may_try_again(message):
                return
            try:
                if not self._postponed(message, examine(message)):
                    run(message)
            except (UnreadableMessageError, ContentDisallowed) as error:
                self._put_away(message, "refused", error)
            except UnknownWorkError as error:
                self._put_away(message, "not_ledgered", error)
            except UNREADABLE as error:
                self._put_away(message, "undecodable", error)

        return on_message

    def on_unknown_task(self, body: Any, message: Message, exc: Exception) -> None:  # noqa: ARG002
        self._put_away(message, "unknown_task", exc)

    def on_unknown_message(self, body: Any, message: Message) -> None:  # noqa: ARG002
        self._put_away(message, "refused", UnreadableMessageError())

    def on_invalid_task(self, body: Any, message: Message, exc: Exception) -> None:  # noqa: ARG002
        self._put_away(message, "refused", exc)

    def on_decode_error(self, message: Message, exc: Exception) -> None:
        self._put_away(message, "undecodable", exc)

    def _postponed(self, message: Message, content: Content) -> bool:
        """True for a message that waits as a row, instead of in this worker's memory."""
        delivery = getattr(app.tasks.get(content.fields["task"]), "delivery", None)
        if delivery is Delivery.LEDGERED and row_of(content.args, content.kwargs) is None:
            raise UnknownWorkError
        if delivery is None:  # unknown, or a plain task of Celery
            return False
        if delivery is not Delivery.CONTENT:
            if content.fields.get("eta") or content.fields.get("expires"):
                strip(message, "eta", "expires")  # the row decides, and a wake-up is for now
            return False
        due = content.fields.get("eta")
        return due is not None and self._enrolled(message, content, moment(due))

    def _enrolled(self, message: Message, content: Content, due_at: datetime) -> bool:
        strip(message, "eta")
        wait = due_at - SystemClock().now()
        if content.args or wait < ON_TIME:
            return False
        task: Any = app.tasks[content.fields["task"]]
        if self.keeper.enrol(order(task, message, content.kwargs, due_at=due_at)):
            self._acknowledge(message)
        else:
            self._later(message)
        return True

    def _may_try_again(self, message: Message) -> bool:
        key = key_of(message)
        headers: Any = message.headers  # strangers put anything there
        told = headers.get(COUNT_HEADER) if isinstance(headers, dict) else None
        count = told if isinstance(told, int) else self.keeper.delivered(key)
        if count is None:
            self._later(message)  # not counted, so not tried either
            return False
        if count < POISON_DELIVERIES:
            return True
        self._put_away(message, "poison", PoisonMessageError(), attempts=count)
        return False

    def _put_away(
        self, message: Message, reason: str, error: Exception, *, attempts: int = 1
    ) -> None:
        if not self.keeper.bury(letter(message, reason, error, attempts=attempts)):
            self._later(message)
            return
        log.warning("message.buried", reason=reason, error=str(error)[:500])
        if redelivered(message):
            self.keeper.settled(key_of(message))
        self._acknowledge(message)
        celery_signals.task_rejected.send(sender=self, message=message, exc=error)

    def _bury_item(self, item: bytes, queue: str, error: Exception) -> bool:
        if not self.keeper.bury(item_letter(item, queue, error)):
            return False
        log.warning("message.buried", reason="refused", error=str(error)[:500])
        return True

    def _acknowledge(self, message: Message) -> None:
        this: Any = self
        message.ack_log_error(logging.getLogger(__name__), this.connection_errors)

    def _later(self, message: Message) -> None:
        self.timer.call_after(REQUEUE_AFTER_SECONDS, message.requeue)
