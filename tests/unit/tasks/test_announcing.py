from typing import Any

from core.deadletters.signatures import Parameter
from tasks.announcing import signature


def body(work, *, run_id: int, note: str = "", anything: Any = None):
    pass


def taking(work, **reported: Any):
    pass


def test_what_a_body_takes_beside_its_work():
    found = signature("a.b", "ledgered", body)
    assert found.parameters == [
        Parameter("run_id", kind="int"),
        Parameter("note", required=False, kind="str"),
        Parameter("anything", required=False),
    ]
    assert not found.open


def test_a_body_that_takes_any_keyword():
    found = signature("a.b", "content", taking)
    assert (found.parameters, found.open) == ([], True)
