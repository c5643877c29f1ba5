import threading
from datetime import timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings

from core.model import ComponentMinute
from core.store import components
from core.store.components import Delta, Slot
from tests.integration.core.rows import NOW
from tests.unit.core.store.test_components import DELTAS

pytestmark = pytest.mark.store

CART = Slot(7, "cart", NOW)
FIELDS = tuple(Delta.__dataclass_fields__)


def stored(session, slot=CART):
    row = session.get_one(ComponentMinute, (*slot, 60), populate_existing=True)
    values = {name: getattr(row, name) for name in FIELDS}
    return Delta(**values | {"duration_buckets": tuple(values["duration_buckets"])})


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(first=DELTAS, second=DELTAS)
def test_the_database_adds_as_the_value_does(session, first, second):
    with session.begin_nested() as inner:
        components.add(session, [(CART, first)])
        components.add(session, [(CART, second)])
        found = stored(session)
        inner.rollback()
    assert found == first + second


def test_a_batch_may_hold_a_slot_twice(session):
    components.add(session, [(CART, Delta(successes=1)), (CART, Delta(successes=2))])
    assert stored(session).successes == 3


def test_nothing_to_add_is_nothing(session):
    components.add(session, [])
    assert components.between(session, 7, since=NOW, until=NOW + timedelta(days=1)) == []


def test_the_statement_serves_any_cursor(database):
    with psycopg.connect(database.url) as connection:
        connection.execute(components.SQL, components.parameters([(CART, Delta(failures=4))]))
    with database.transaction() as session:
        assert stored(session).failures == 4


def test_what_components_did_in_a_time(session):
    later = NOW + timedelta(minutes=1)
    slots = [CART, Slot(7, "bill", NOW), Slot(7, "cart", later), Slot(8, "cart", NOW)]
    components.add(session, ((slot, Delta(events=1)) for slot in slots))
    found = components.between(session, 7, since=NOW, until=later)
    assert [row.component for row in found] == ["bill", "cart"]
    mine = components.between(
        session, 7, since=NOW, until=later + timedelta(minutes=1), component="cart"
    )
    assert [row.minute for row in mine] == [NOW, later]


def test_batches_in_any_order_do_not_lock_each_other_out(database):
    deltas = [(Slot(7, f"c{n}", NOW), Delta(events=1)) for n in range(30)]

    def add(own):
        for _ in range(10):
            with database.transaction() as session:
                components.add(session, own)

    threads = [threading.Thread(target=add, args=(own,)) for own in (deltas, deltas[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.transaction() as session:
        found = components.between(session, 7, since=NOW, until=NOW + timedelta(minutes=1))
        assert [row.events for row in found] == [20] * 30
