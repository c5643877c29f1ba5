"""Dead letters of other applications: captured as they tell, replayed to their own brokers."""

from typing import Any

from config import wiring
from core import deadletters
from tasks import outbound
from tasks.base import Delivery, Queue, Result, Work, task


@task("deadletter.capture", queue=Queue.DEADLETTER, delivery=Delivery.CONTENT)
def capture(work: Work, **reported: Any) -> Result:
    letter = deadletters.foreign(reported, message_id=work.key)
    return {"id": deadletters.capture(work.session, letter, now=work.runtime.clock.now())}


@task("deadletter.replay", queue=Queue.DEADLETTER)
def replay(work: Work, *, letter_id: int, **message: Any) -> Result:
    letter = deadletters.get(work.session, letter_id)
    broker = letter.broker or wiring.broker_url(work.runtime.settings)
    outbound.send(broker, letter.task, message, message_id=work.key)
    return {"sent": True}
