import redis
from sqlalchemy import func, select

from core.model import Project
from core.store.engine import Database


def test_each_test_gets_an_empty_schema(database: Database, clock):
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Project)) == 0
        session.add(Project(name="one", created_at=clock.now()))


def test_nothing_of_the_test_before_is_left(database: Database, clock):
    test_each_test_gets_an_empty_schema(database, clock)


def test_redis_is_empty(redis_client: redis.Redis):
    assert redis_client.dbsize() == 0
    redis_client.set("left", "behind")


def test_redis_is_empty_again(redis_client: redis.Redis):
    test_redis_is_empty(redis_client)
