"""The recovery engine for commands: it orders work by rows, which the dispatcher finds."""

from dataclasses import replace

from sqlalchemy.orm import Session

from cli.console import settings
from core.clock import SystemClock
from core.recovery.engine import Engine
from core.store import work
from core.store.engine import Database
from core.store.work import WorkOrder
from tasks.app import app
from tasks.mending import Mending
from tasks.runtime import Runtime


def engine(opened: Database) -> Engine:
    clock = SystemClock()

    def order(session: Session, wanted: WorkOrder) -> int:
        return work.add(session, wanted, clock.now()).work_id

    runtime = Runtime(app, settings())
    runtime.database = opened
    return Engine(replace(Mending.of(runtime).engine.means, order=order))
