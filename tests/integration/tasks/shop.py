"""An application that knows nothing of us but the module from the how-to page."""

import os
import signal
from pathlib import Path

import dead_letters  # noqa: F401 (the page's own)
from celery import Celery

PLACE = Path(os.environ["SHOP_PLACE"])

app = Celery("shop", broker=os.environ["SHOP_BROKER_URL"], set_as_current=False)
app.conf.task_default_queue = "shop"


@app.task(name="shop.bill")
def bill(order, *, password=None):
    if not (PLACE / "open").exists():
        raise ValueError(f"the till is closed for order {order}")
    (PLACE / f"billed-{order}").write_text(str(password))


@app.task(name="shop.crash")
def crash():
    os.kill(os.getpid(), signal.SIGKILL)


@app.task(bind=True, name="shop.retry", max_retries=2)
def retry(self):
    raise self.retry(countdown=0.05, exc=OSError("the bank is away"))
