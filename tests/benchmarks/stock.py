"""Celery as it is, with one task that waits and leaves a row: what a burst is held against."""

import os
import time
from functools import cache

import psycopg
from celery import Celery

BROKER, DATABASE = "MENDLINE_BENCH_BROKER", "MENDLINE_BENCH_DATABASE"
TABLE = "CREATE TABLE stock (item int NOT NULL, started double precision NOT NULL)"
INSERT = "INSERT INTO stock VALUES (%s, %s)"

app = Celery("stock", broker=os.environ.get(BROKER), set_as_current=False)
app.conf.task_ignore_result = True


@cache
def connection():
    return psycopg.connect(os.environ[DATABASE], autocommit=True)


@app.task(name="stock.effect")
def effect(item: int, seconds: float) -> None:
    """Acknowledged before it starts, committed by one statement, and lost if anything dies."""
    started = time.time()
    time.sleep(seconds)
    connection().execute(INSERT, (item, started), prepare=True)
