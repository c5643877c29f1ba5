"""Lets a Celery worker tell its agent that it takes work; every worker process includes it."""

import os
from pathlib import Path
from typing import Any

from celery.signals import worker_ready

from workers.pools import READY_FILE


@worker_ready.connect(weak=False)
def announce(**_: Any) -> None:
    path = os.environ.get(READY_FILE)
    if path:
        Path(path).touch(mode=0o600)
