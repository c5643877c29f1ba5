"""Several that flush at once, on connections of their own, tell everything once."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from core.alerts.budget import Budget
from core.model import Notification
from tests.integration.core.alerts.raising import OPS, SECOND, Desk, fire
from tests.integration.core.rows import NOW

GROUPS = 12
BY_RULE = replace(OPS, group_by=("alertname",), channels=("ops", "mail"))


def flush_at_once(database, now, *, runners=4, **plan):
    ready = threading.Barrier(runners)

    def one():
        ready.wait()
        with database.transaction() as session:
            Desk(session, now, root=BY_RULE, **plan).run()

    threads = [threading.Thread(target=one) for _ in range(runners)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def told(database):
    with database.transaction() as session:
        rows = session.execute(select(Notification.group_id, Notification.channel)).all()
    return Counter(map(tuple, rows))


def test_nothing_is_told_twice_and_no_budget_is_overdrawn(database):
    with database.transaction() as session:
        for number in range(GROUPS):
            fire(session, NOW, f"rule {number}")
    budget = {"mail": Budget(5, timedelta(hours=1))}
    flush_at_once(database, NOW, budgets=budget)
    flush_at_once(database, NOW + 5 * SECOND, budgets=budget)
    counts = told(database)
    assert set(counts.values()) == {1}
    assert Counter(channel for _, channel in counts) == {"ops": GROUPS, "mail": 5}
