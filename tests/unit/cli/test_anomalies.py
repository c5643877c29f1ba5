import json

import pytest
from click.testing import CliRunner

from cli.analyze import analyze

GOOD = {"timestamp": "2026-01-05 00:00:00", "value": 3}


def asked(*records):
    text = "".join(json.dumps(record) + "\n" for record in records)
    result = CliRunner().invoke(analyze, ["anomalies"], input=text)
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def test_a_point_comes_back_with_its_judgement():
    code, [answer] = asked(GOOD | {"host": "a"})
    assert (code, answer["host"], answer["anomalous"]) == (0, "a", False)
    assert set(answer) == {*GOOD, "host", "score", "anomalous", "expected", "low", "high"}


def test_a_jump_is_anomalous():
    points = [{"timestamp": 60 * place, "value": place % 3} for place in range(200)]
    _, answers = asked(*points, {"timestamp": 12_000, "value": 500})
    assert answers[-1]["anomalous"]
    assert answers[-1]["high"] < 500


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({"value": 1}, "timestamp is missing"),
        ({"timestamp": "yesterday", "value": 1}, "is no date"),
        ({"timestamp": "2026-01-05T00:00:00Z"}, "value is missing"),
        ({"timestamp": "2026-01-05T00:00:00Z", "value": "3"}, "no number"),
        ({"timestamp": "2020-01-05T00:00:00Z", "value": 1}, "before that of the point above"),
        ([1], "not a JSON object"),
    ],
)
def test_a_bad_line_is_named_and_harms_no_other(bad, why):
    code, answers = asked(GOOD, bad, GOOD)
    assert (code, answers[1]["line"], "score" in answers[2]) == (1, 2, True)
    assert why in answers[1]["error"]
