from itertools import chain

import pytest

from core.errors import ConfigurationError, InvalidInputError
from tasks.queues import Queue
from workers import pools, procfile

TEXT = """
[one]
queues = ["intake"]
children = {{ least = {least}, start = {start}, most = {most}, per_core = 2, per_process = 4 }}
latency_seconds = 1
expected_seconds = 1
busy_per_core = 1
memory_megabytes_per_child = 100
memory_megabytes_per_process = 200
tasks_per_child = 10
drain_seconds = 5
"""


def written(tmp_path, *, least=1, start=2, most=12, text=TEXT):
    path = tmp_path / "pools.toml"
    path.write_text(text.format(least=least, start=start, most=most))
    return path


def test_every_queue_is_served_whole_by_exactly_one_pool():
    whole = [pool.queues for pool in pools.load().values() if not pool.critical_only]
    assert sorted(chain.from_iterable(whole)) == sorted(Queue)


def test_critical_work_of_every_queue_has_a_pool_that_does_nothing_else():
    (critical,) = [pool for pool in pools.load().values() if pool.critical_only]
    assert sorted(critical.queues) == sorted(Queue)
    assert critical.least >= 1
    assert critical.worker(1, "a", children=1).environment["MENDLINE_BANDS"] == "0"


def test_every_pool_has_its_line_in_the_procfile():
    agents = [entry.argv[-1] for entry in procfile.read() if entry.is_pool]
    assert agents == list(pools.load())


@pytest.mark.parametrize(("processors", "most"), [(1, 2), (4, 8), (64, 12)])
def test_a_host_has_as_many_as_its_processors_are_worth(tmp_path, processors, most):
    assert pools.load(shipped=written(tmp_path))["one"].highest(processors) == most


@pytest.mark.parametrize(
    ("children", "layout"), [(0, ()), (1, (1,)), (4, (4,)), (5, (4, 1)), (12, (4, 4, 4))]
)
def test_children_fill_one_process_after_the_other(tmp_path, children, layout):
    assert pools.load(shipped=written(tmp_path))["one"].layout(children) == layout


def test_a_worker_is_named_for_its_pool_and_host(tmp_path):
    program = pools.load(shipped=written(tmp_path))["one"].worker(2, "host-a", children=3)
    line = " ".join(program.argv)
    assert program.name == "one-2"
    assert "-Q intake -c 3 -n one-2@host-a" in line
    assert f"--max-memory-per-child {100 * 1024}" in line
    assert program.grace == 5


def test_the_many_children_of_general_work_leave_the_processors_to_others_first():
    found = {name: pool.worker(1, "a", children=1) for name, pool in pools.load().items()}
    assert found["general"].niceness > found["critical"].niceness == 0
    assert found["ingest"].niceness == 0


def test_numbers_that_contradict_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="contradict"):
        pools.load(shipped=written(tmp_path, least=4))


@pytest.mark.parametrize(
    "text", ["[one", "[one]\n", TEXT.replace('"intake"', '"other"'), "one = 1\n"]
)
def test_what_describes_no_pools_is_refused(tmp_path, text):
    with pytest.raises(ConfigurationError, match=r"pools\.toml"):
        pools.load(shipped=written(tmp_path, text=text))


def test_unknown_pools_are_wrong_use():
    with pytest.raises(InvalidInputError, match="ingest"):
        pools.find("other", pools.load())


def own(tmp_path, text):
    path = tmp_path / "own.toml"
    path.write_text(text)
    return path


def test_operators_have_numbers_of_their_own_for_a_pool(tmp_path):
    ours, found = pools.load(), pools.load(own(tmp_path, "[general]\nchildren = { most = 6 }"))
    assert found["general"].highest(64) == 6
    assert found["general"].start == ours["general"].start
    assert found["ingest"] == ours["ingest"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[other]\nlatency_seconds = 1", "'other'; what may stand there is critical, general"),
        ("[general]\nchildren = 3", "'children'"),
        ("[general.children]\nmany = 3", "'many'; what may stand there is least, most"),
        ("[general.children]\nmost = 1", "contradict"),
        ("general", r"own\.toml"),
        ("[general]\nlatency_seconds = inf", "contradict"),
        ("[general]\nexpected_seconds = nan", "contradict"),
        ("[general]\nbusy_per_core = nan", "contradict"),
        ("[general]\nchildren = { per_core = inf }", "contradict"),
        ("[general]\ndrain_seconds = -1", "contradict"),
    ],
)
def test_mistakes_in_their_file_are_told(tmp_path, text, told):
    with pytest.raises(ConfigurationError, match=told):
        pools.load(own(tmp_path, text))
