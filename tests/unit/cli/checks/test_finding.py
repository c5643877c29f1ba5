import pytest

from cli.checks.finding import Finding, State, exit_code


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ([], 0),
        ([State.OK, State.NOTE], 0),
        ([State.OK, State.WRONG], 1),
        ([State.WRONG, State.UNREACHABLE], 3),
    ],
)
def test_the_worst_finding_decides(states, code):
    assert exit_code([Finding("a", state, "b") for state in states]) == code
