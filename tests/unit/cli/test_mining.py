import io
import itertools
import json
import os
import threading

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cli.analyze import analyze
from cli.blocks import Limits, blocks

LINES = "".join(f"session opened for user {name} by 7\n" for name in ("root", "bob"))


def run(text, *options):
    result = CliRunner().invoke(analyze, ["patterns", *options], input=text)
    return result, [json.loads(line) for line in result.stdout.splitlines()]


def test_each_line_is_answered_in_order():
    result, answers = run(f"{LINES}\nsession closed")

    assert result.exit_code == 0
    assert [answer["template"] for answer in answers] == [
        "session opened for user <*> by <*>",
        "session opened for user <*> by <*>",
        "",
        "session closed",
    ]
    assert [answer["parameters"] for answer in answers] == [["root", "7"], ["bob", "7"], [], []]
    assert answers[0]["pattern_id"] == answers[1]["pattern_id"] != answers[3]["pattern_id"]


def test_a_line_that_is_no_text_is_read_anyhow():
    result, (answer,) = run(b"caf\xe9 5\r\n")

    assert (result.exit_code, answer["template"]) == (0, "caf\ufffd <*>")


def test_a_block_is_answered_with_what_is_known_by_then():
    _, answers = run(LINES, "--block", "1")

    assert [answer["template"] for answer in answers] == [
        "session opened for user root by <*>",
        "session opened for user <*> by <*>",
    ]
    assert answers[0]["pattern_id"] == answers[1]["pattern_id"]


def test_the_state_goes_from_run_to_run(tmp_path):
    state = ("--state", str(tmp_path / "patterns.json"))
    one, two = LINES.splitlines()
    _, (first,) = run(one, *state)
    _, (second,) = run(two, *state)

    assert second["template"] == "session opened for user <*> by <*>"
    assert second["pattern_id"] == first["pattern_id"]


@pytest.mark.parametrize("content", ["", "[]", '{"version": 0}'])
def test_another_file_is_no_state(tmp_path, content):
    path = tmp_path / "patterns.json"
    path.write_text(content)
    result, answers = run(LINES, "--state", str(path))

    assert (result.exit_code, answers) == (1, [])
    assert "holds no patterns" in result.stderr
    assert path.read_text() == content


@pytest.fixture
def pipe():
    """What is written, and blocks of what was read; the reader is closed in the end."""
    reader, writer = os.pipe()
    with open(reader, "rb") as source, open(writer, "wb", buffering=0) as sink:  # noqa: PTH123
        yield source, sink


def test_a_pause_ends_a_block_of_whole_lines(pipe):
    source, sink = pipe
    sink.write(b"one\ntwo\nthr")
    found = blocks(source, Limits(10, 1000, 0.01))

    assert next(found) == [b"one", b"two"]
    sink.write(b"ee\n")
    sink.close()
    assert list(found) == [[b"three"]]


def test_a_block_is_bounded_in_lines_and_bytes(pipe):
    source, sink = pipe
    sink.write(b"a\nb\nc\n" + b"long" * 5 + b"\nlast")
    sink.close()

    assert list(blocks(source, Limits(2, 20, 9))) == [[b"a", b"b"], [b"c", b"long" * 5], [b"last"]]


def test_input_that_does_not_pause_is_one_block(pipe):
    source, sink = pipe
    lines = [b"line"] * 50_000

    def write():
        sink.write(b"\n".join(lines))
        sink.close()

    writing = threading.Thread(target=write)
    writing.start()
    found = list(blocks(source, Limits(100_000, 2**24, 9)))
    writing.join()
    assert found == [lines]


@pytest.mark.parametrize("pause", ["inf", "1e300"])
def test_a_pause_may_be_endless(pipe, pause):
    source, sink = pipe
    sink.write(b"one\ntwo")
    sink.close()

    assert list(blocks(source, Limits(10, 1000, float(pause)))) == [[b"one", b"two"]]


def test_a_pause_that_is_no_number_is_wrong_use():
    assert run(LINES, "--pause", "nan")[0].exit_code == 2


class Pieces:
    """Standard input that comes in these pieces."""

    def __init__(self, pieces):
        self.left = list(pieces)

    def fileno(self):
        raise io.UnsupportedOperation

    def read1(self, _size):
        return self.left.pop(0) if self.left else b""


@given(st.lists(st.text("ab\n", min_size=1).map(str.encode)))
def test_lines_are_whole_however_their_pieces_come(pieces):
    found = [line for block in blocks(Pieces(pieces), Limits(3, 20, 1)) for line in block]
    whole = b"".join(pieces)
    assert found == (whole.removesuffix(b"\n").split(b"\n") if whole else [])


def test_a_long_line_is_not_copied_with_each_piece_of_it():
    """64 MB in pieces of 16 KB: 4,096 of them, and 128 GB if each copied what came before it."""
    pieces = itertools.repeat(b"x" * 2**14, 2**12)
    ((line,),) = blocks(Pieces(pieces), Limits(10, 2**24, 1))
    assert len(line) == 2**26
