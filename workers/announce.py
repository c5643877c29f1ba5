"""What every Celery process of a pool includes: it tells its agent how it is and obeys it."""

from typing import Any

from celery.signals import worker_ready

from tasks.app import app
from workers.children import Children
from workers.exchange import Exchange

app.steps["worker"].add(Children)


@worker_ready.connect(weak=False)
def announce(**_: Any) -> None:
    exchange = Exchange.of_this_process()
    if exchange is not None:
        exchange.announce()
