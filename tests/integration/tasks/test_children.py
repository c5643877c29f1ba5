"""A real worker that has as many children as its agent wants."""

import pytest

from tests.integration.tasks.conftest import wait_until
from workers.exchange import VARIABLE, Exchange, Wanted


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    return Exchange(tmp_path_factory.mktemp("exchange") / "one-1")


@pytest.fixture(scope="module")
def pool(start, database, exchange):
    exchange.want(Wanted(1))
    arguments = ["-n", "grown@test", "-c", "1", "-l", "INFO", "--without-mingle"]
    include = "tests.integration.tasks.drills,workers.announce"
    environment = {VARIABLE: str(exchange.stem)}
    worker = start(
        "grown",
        "celery",
        "-A",
        "tasks.app",
        "worker",
        *arguments,
        "--include",
        include,
        **environment,
    )
    wait_until(lambda: exchange.ready, worker.log.read_text)
    return worker


@pytest.fixture
def has(pool, exchange):
    """Waits until the worker tells what is expected of it."""

    def has(**expected):
        def there():
            told = exchange.told()
            found = told and {
                "children": len(told.tasks),
                "busy": told.busy,
                "finished": told.finished,
            }
            return found and expected.items() <= found.items() and told

        return wait_until(there, lambda: f"{exchange.told()}\n{pool.log.read_text()[-2000:]}")

    return has


def test_it_grows_at_once_and_works_with_all_of_them(house, exchange, has):
    has(children=1)
    exchange.want(Wanted(4))
    has(children=4)
    items = [house.order("drill.slow", what="slow", seconds=4) for _ in range(4)]
    house.fleet()
    has(busy=4)
    for item in items:
        house.reaches(item, "done")


def test_what_is_acknowledged_late_comes_to_all_of_them_too(house, exchange, has):
    exchange.want(Wanted(3))
    has(children=3)
    for number in range(3):
        house.send("drill.content_slow", what=f"late-{number}", seconds=4)
    has(busy=3)
    has(busy=0)


def test_only_idle_children_are_given_up(house, exchange, has):
    exchange.want(Wanted(3))
    has(children=3, busy=0)
    items = [house.order("drill.slow", what="slow", seconds=8) for _ in range(2)]
    house.fleet()
    has(busy=2)
    exchange.want(Wanted(1))
    has(children=2, busy=2)
    for item in items:
        assert house.reaches(item, "done").attempt == 1
    has(children=1, busy=0)


def test_what_was_finished_is_counted_by_child_and_in_all(house, exchange, has):
    before = has(busy=0)
    for _ in range(3):
        house.reaches(house.order("drill.note", what="counted"), "done", house.fleet)
    after = has(finished=before.finished + 3)
    assert sum(after.tasks.values()) >= 3


def test_idle_children_are_renewed_when_that_is_wished(exchange, has):
    exchange.want(Wanted(2))
    before = has(children=2)
    exchange.want(Wanted(2, renewed=1))
    wait_until(lambda: exchange.told().tasks.keys().isdisjoint(before.tasks))
    assert len(has(children=2).tasks) == 2


def test_after_its_connection_was_lost_it_still_obeys(exchange, has, sender):
    with sender._app.connection_for_write() as connection:
        client = connection.default_channel.client
        for each in client.client_list():
            if each["cmd"].startswith(("brpop", "subscribe", "zrevrange")) or each["db"] == "7":
                client.client_kill_filter(_id=each["id"], skipme=True)
    exchange.want(Wanted(3))
    has(children=3)
