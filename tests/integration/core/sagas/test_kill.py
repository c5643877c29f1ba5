"""A saga is killed at every boundary of each of its steps, and then goes on to its end."""

from collections import Counter

import pytest

from core.errors import InvalidInputError
from core.store.engine import Database
from tests.integration.core.crashes import TRANSACTIONS, each_kill
from tests.integration.core.sagas.world import World

pytestmark = pytest.mark.store

NAMES = ("flight", "hotel", "car")


def ready(world):
    return world.declare(*NAMES, attempts=99)


def failing(world):
    return ready(world).fail("car", *[InvalidInputError() for _ in range(99)])


def kills(world, prepare):
    """Yields after each kill, with what the dead left behind; then everything is cleared away."""
    url, clock, place = world.database.url, world.clock, world.place

    def act(fuse):
        database = Database(url)
        fuse.into(database, steps=TRANSACTIONS)
        mine = prepare(World(database, clock, place))
        mine.around = fuse.burn
        mine.start()
        mine.work_off()

    for step in each_kill(act):
        world.rescue()
        yield step
        world.say("TRUNCATE effects, sagas, saga_steps, work_items, dead_letters CASCADE")
        place.unlink(missing_ok=True)


def test_killed_anywhere_each_step_is_done_once(world):
    ready(world)
    begun = 0
    for step in kills(world, ready):
        sagas = world.all()
        if not sagas:
            assert world.effects() == []
            continue
        begun += 1
        assert [row.state for row in sagas] == ["completed"], f"killed at {step}"
        assert world.effects() == [f"{name} do" for name in NAMES]
        assert set(world.outside()) == {f"saga-{sagas[0].id}-{name}-do" for name in NAMES}
    assert begun >= 25


def test_killed_anywhere_what_was_done_is_undone_once(world):
    failing(world)
    begun = 0
    for step in kills(world, failing):
        sagas = world.all()
        if not sagas:
            assert world.effects() == []
            continue
        begun += 1
        assert [row.state for row in sagas] == ["compensated"], f"killed at {step}"
        effects = Counter(world.effects())
        assert effects == Counter(
            ["flight do", "hotel do", "car undo", "hotel undo", "flight undo"]
        ), f"killed at {step}"
        assert len(set(world.outside())) == 6
    assert begun >= 50
