import io

import pytest

from workers.output import LONGEST_LINE, Lines


@pytest.fixture
def output():
    return io.BytesIO()


@pytest.fixture
def lines(output):
    return Lines("one | ", output)


def test_only_whole_lines_are_written(lines, output):
    lines.data_received(b"a\nb")
    assert output.getvalue() == b"one | a\n"
    lines.data_received(b"c\n")
    assert output.getvalue() == b"one | a\none | bc\n"


def test_the_rest_comes_at_the_end(lines, output):
    lines.data_received(b"rest")
    lines.connection_lost(None)
    assert output.getvalue() == b"one | rest\n"


def test_a_line_without_an_end_is_cut(lines, output):
    lines.data_received(b"x" * (LONGEST_LINE + 1))
    assert output.getvalue().endswith(b"x\n")


def test_a_reader_that_went_away_is_not_missed(lines, output):
    output.close()
    lines.data_received(b"a\n")
