import pytest

from core.deadletters.signatures import ArgumentsError, Parameter, Signature, check

SEND = Signature(
    "mail.send",
    "ledgered",
    [Parameter("to", kind="str"), Parameter("tries", required=False, kind="int")],
)


@pytest.mark.parametrize("kwargs", [{"to": "ops"}, {"to": "ops", "tries": 3}], ids=str)
def test_what_fits(kwargs):
    assert SEND.problems([], kwargs) == []


WRONG = [
    ([], {}, "`to` is missing"),
    ([], {"to": 3}, "`to` is not of the type str"),
    ([], {"to": "a", "tries": True}, "`tries` is not of the type int"),
    ([], {"to": "a", "cc": "b"}, "`cc` is not a parameter"),
    (["a"], {"to": "a"}, "tasks of ours take keyword arguments only"),
]


@pytest.mark.parametrize(("args", "kwargs", "problem"), WRONG, ids=str)
def test_what_does_not(args, kwargs, problem):
    assert SEND.problems(args, kwargs) == [problem]


def test_all_problems_are_told_at_once():
    with pytest.raises(ArgumentsError, match=r"`to` is missing; `cc` is not a parameter\."):
        check(SEND, [], {"cc": 1})


def test_one_that_takes_any_keyword_takes_any():
    assert Signature("intake.report", "content", [], open=True).problems([], {"a": 1}) == []


@pytest.mark.parametrize("kind", [None, "Any", "Decimal"])
def test_what_json_has_not_is_not_checked(kind):
    assert Parameter("a", kind=kind).problem(object()) is None


def test_whole_numbers_are_numbers():
    assert Parameter("a", kind="float").problem(1) is None
    assert Parameter("a", kind="float").problem(True) is not None


@pytest.mark.parametrize("is_open", [True, False])
def test_written_and_read_it_is_the_same(is_open):
    class Row:
        name, delivery = "mail.send", "ledgered"
        parameters = Signature("mail.send", "ledgered", SEND.parameters, open=is_open).written()

    assert Signature.of(Row()) == Signature("mail.send", "ledgered", SEND.parameters, open=is_open)
