"""The shop's own Celery worker, with a broker of its own; it tells what fails, and asks before.

`celery -A tests.chaos.recovery.worker worker -Q shop`; what it needs stands in the environment.
"""

import os
import resource
import time
from pathlib import Path

import psycopg
from celery import Celery
from celery.signals import task_failure

from tests.chaos.recovery.caller import Caller, described
from tests.chaos.recovery.shop import Switches, fetch

QUEUE = "shop"
MEGABYTE = 2**20
app = Celery("shop", broker=os.environ["SHOP_BROKER"])
app.conf.update(
    task_default_queue=QUEUE,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
)
folder = Path(os.environ["SHOP_FOLDER"])
leak = []


def done(item):
    with psycopg.connect(os.environ["SHOP_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(
            "INSERT INTO effects (item, worker) VALUES (%s, %s)", [item, os.getpid()]
        )


def left_alone(component, item):
    """What is in quarantine is not begun."""
    switches = Switches(os.environ["MENDLINE_URL"], os.environ["MENDLINE_KEY"])
    return bool(switches.get(f"quarantine:{component}:{item}"))


@app.task(name="shop.pay")
def pay(component, item):
    """With a file of its name it takes so long that something may happen to its process."""
    slow = folder / f"{item}.slow"
    if slow.exists():
        (folder / f"{item}.pid").write_text(str(os.getpid()))
        time.sleep(30)
    done(item)


@app.task(name="shop.import")
def take_in(component, item):
    """Some messages are the end of each process that reads them."""
    if left_alone(component, item):
        return
    if (folder / f"{item}.poison").exists():
        os.abort()
    done(item)


@app.task(name="shop.render")
def render(component, item):
    """Needs more memory than a process has left that has run for long."""
    if (folder / "leaking").exists():
        (folder / "leaking").unlink()
        leak.append(bytes(150 * MEGABYTE))
        used = _used() + 20 * MEGABYTE
        resource.setrlimit(resource.RLIMIT_AS, (used, used))
    bytearray(100 * MEGABYTE)
    done(item)


@app.task(name="shop.wait")
def wait(component, item):
    """Waits for something that never comes, and holds up all behind it."""
    while (folder / f"{item}.stuck").exists():
        time.sleep(0.1)
    done(item)


def _used():
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


@app.task(name="shop.book")
def book(component, item, port):
    """Fails for good where the other side is away; its letter is replayed."""
    fetch(port, f"/book/{item}")
    done(item)


@task_failure.connect(weak=False)
def report(sender=None, task_id=None, exception=None, args=(), **_):
    """With what is needed to run the work again; the broker by the name that Mendline has."""
    component, item, *_ = args
    again = {"task": sender.name, "args": list(args), "queue": QUEUE, "broker": "shop"}
    told = {"component": component, "operation": item}
    if sender.name == book.name:
        letter(task_id, exception, again)
    else:
        told |= {"operation_id": item, "replay": again}
    Caller(os.environ["ERROR_MANAGER_URL"]).report(described(exception) | told)


def letter(task_id, exception, again):
    """As the page on dead letters has it."""
    error = {"type": type(exception).__name__, "message": str(exception)}
    with Celery("letters", broker=os.environ["MENDLINE_BROKER_URL"], set_as_current=False) as them:
        them.send_task(
            "deadletter.capture",
            kwargs={
                **again,
                "task_id": task_id,
                "error": error,
                "dsn_key": os.environ["DSN_KEY"],
            },
            queue="deadletter",
            task_id=f"dead-{task_id}",
        )
