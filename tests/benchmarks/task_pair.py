"""The tasks that are compared: the same statement on the same connection, another base class."""

import celery
from sqlalchemy import text

from tasks.app import app
from tasks.base import Delivery, Queue, Work, task

TABLE = "CREATE TABLE bench_rows (side text NOT NULL, number int NOT NULL)"
INSERT = text("INSERT INTO bench_rows (side, number) VALUES (:side, :number)")


@app.task(name="bench.bare", base=celery.Task, bind=True)
def bare(self, number: int) -> None:
    with app.runtime.database.transaction() as session:
        session.execute(INSERT, {"side": "bare", "number": number})


@task("bench.ours", queue=Queue.MAINTENANCE, delivery=Delivery.CONTENT, acks_late=False)
def ours(work: Work, *, number: int) -> None:
    work.session.execute(INSERT, {"side": "ours", "number": number})


@task("bench.ledgered", queue=Queue.MAINTENANCE)
def ledgered(work: Work, *, number: int) -> None:
    work.session.execute(INSERT, {"side": "ledgered", "number": number})
