"""A worker with our consumer, transport and request, or with Celery's own: `SIDE` tells which."""

import os

import celery

from tasks import base
from tasks.app import app
from tasks.work import Delivery

SIDE = os.environ.get("MENDLINE_BENCH_CONSUMER", "stock")

if SIDE == "stock":
    app.conf.worker_consumer = "celery.worker.consumer:Consumer"


class Counted(celery.Task):
    """Celery's own in everything but who receives it."""

    delivery = Delivery.CONTENT
    home = "maintenance"
    acks_late = True
    Request = "celery.worker.request:Request" if SIDE == "stock" else base.Task.Request


@app.task(name="bench.counted", base=Counted)
def counted(number: int, text: str) -> None:
    app.runtime.redis.incr(f"bench-{SIDE}")
