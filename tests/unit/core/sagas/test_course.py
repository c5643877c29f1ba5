import pytest

from core.sagas.course import Course, Direction, State, after_doing, undoing
from core.sagas.saga import Registry, Saga, SagaDefinitionError, Step, UnknownSagaError, declared


def nothing(turn):
    pass


def test_step_by_step_to_the_end():
    assert after_doing(0, steps=2) == Course(State.RUNNING, 1)
    assert after_doing(1, steps=2) == Course(State.COMPLETED)


def test_backwards_over_what_began():
    assert undoing({0, 2}, below=3) == Course(State.COMPENSATING, 2)
    assert undoing({0, 2}, below=2) == Course(State.COMPENSATING, 0)
    assert undoing({0, 2}, below=0) == Course(State.COMPENSATED)
    assert undoing(set(), below=5).position is None


def test_only_what_goes_on_has_a_direction():
    assert Course(State.RUNNING, 0).direction is Direction.DO
    assert Course(State.COMPENSATING, 0).direction is Direction.UNDO


@pytest.mark.parametrize("names", [[], ["a", "a"]])
def test_steps_need_a_name_each(names):
    with pytest.raises(SagaDefinitionError, match="need a name each"):
        Saga("trip", [Step(name, nothing) for name in names])


def test_plain_values_make_a_saga():
    found = declared(
        {"name": "trip", "deadline": 60, "steps": [{"name": "book", "do": nothing, "attempts": 2}]}
    )
    assert found == Saga("trip", (Step("book", nothing, attempts=2),), 60)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": "trip"}, "steps"),
        ({"name": "trip", "steps": [{"name": "book", "do": nothing, "redo": nothing}]}, "redo"),
        ({"name": "trip", "steps": [{"name": "book"}]}, "do"),
        ({"name": "trip", "steps": [], "retries": 3}, "retries"),
    ],
)
def test_what_is_wrong_with_a_declaration_is_told(wrong, told):
    with pytest.raises(SagaDefinitionError, match=told):
        declared(wrong)


def test_a_registry_loads_once_when_it_has_to():
    loads = []

    def load():
        loads.append(1)
        yield Saga("installed", [Step("a", nothing)])

    registry = Registry(load)
    registry.add(Saga("own", [Step("a", nothing)]))
    assert registry.get("own").name == "own"
    assert loads == []
    assert registry.get("installed").name == "installed"
    with pytest.raises(UnknownSagaError, match=r"no saga strange .* installed, own"):
        registry.get("strange")
    assert loads == [1]
