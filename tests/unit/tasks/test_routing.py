"""What a worker takes from the broker when it is told to serve a queue, or some bands of it."""

import pytest

from core.errors import ConfigurationError
from tasks.configuration import _plain_queues, quorum_queues
from tasks.queues import PRIORITY_STEPS, SERVED, Queue, served_bands
from tasks.routing import BandedQueues, reading_options


@pytest.fixture
def served(monkeypatch):
    return lambda bands: monkeypatch.setenv(SERVED, bands)


def consumed(queues, *names):
    found = BandedQueues(queues, create_missing=False)
    found.select(names)
    return list(found.consume_from)


def test_steps_of_redis_are_the_first_priorities_of_the_bands():
    assert PRIORITY_STEPS == (0, 3, 6, 9)


def test_on_redis_a_queue_is_itself():
    assert consumed(_plain_queues(Queue), "recovery") == ["recovery"]


def test_on_rabbitmq_a_queue_is_its_bands():
    bands = [f"recovery.p{number}" for number in range(4)]
    assert consumed(quorum_queues(), "recovery") == bands


def test_queue_that_others_send_to_is_served_by_its_plain_name_as_well():
    assert consumed(quorum_queues(), "intake")[0] == "intake"


def test_worker_without_names_serves_all():
    assert len(consumed(quorum_queues())) == 4 * len(Queue) + 2


def test_one_band_can_be_named():
    assert consumed(quorum_queues(), "recovery.p2") == ["recovery.p2"]


def test_critical_worker_serves_one_band_and_is_served_first(served):
    served("0")
    assert consumed(quorum_queues(), "recovery", "intake") == ["recovery.p0", "intake.p0"]
    assert reading_options() == {"priority_steps": [0]}
    (critical, *others) = [q for q in quorum_queues() if q.name.startswith("alerts.")]
    assert critical.consumer_arguments == {"x-priority": 10}
    assert not any(queue.consumer_arguments for queue in others)


def test_others_serve_what_they_are_told(served):
    served("1, 3")
    assert consumed(quorum_queues(), "deadletter") == [
        "deadletter",
        "deadletter.p1",
        "deadletter.p3",
    ]
    assert reading_options() == {"priority_steps": [3, 9]}


@pytest.mark.parametrize("told", ["4", "x", "0;1", ","])
def test_bands_that_are_none_are_refused(served, told):
    served(told)
    with pytest.raises(ConfigurationError):
        served_bands()
