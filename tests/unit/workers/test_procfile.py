import sys

import pytest

from core.errors import ConfigurationError, InvalidInputError
from workers import procfile
from workers.procfile import Entry


def test_lines_become_words_without_a_shell():
    (entry,) = procfile.parse('web: serve --title "two words" $HOME\n')
    assert entry == Entry("web", ("serve", "--title", "two words", "$HOME"))


def test_comments_and_empty_lines_are_skipped():
    assert procfile.parse("# a: b\n\n  \nx: y\n") == (Entry("x", ("y",)),)


@pytest.mark.parametrize("text", ["no colon", "name:", "two words: x", 'a: "open', "a: x\na: y"])
def test_a_line_that_is_none_is_named(text):
    with pytest.raises(ConfigurationError, match="line"):
        procfile.parse(text)


def test_a_missing_file_is_explained(tmp_path):
    with pytest.raises(ConfigurationError, match="checkout"):
        procfile.read(tmp_path / "Procfile")


def test_all_without_names_and_in_the_order_of_the_file_with_names():
    entries = procfile.parse("a: 1\nb: 2\nc: 3")
    assert procfile.chosen(entries, None) == entries
    assert [entry.name for entry in procfile.chosen(entries, ["c", "a"])] == ["a", "c"]


def test_unknown_names_are_wrong_use():
    with pytest.raises(InvalidInputError, match=r"x\. There are: a\."):
        procfile.chosen(procfile.parse("a: 1"), ["a", "x"])


def test_python_is_the_interpreter_that_runs():
    assert procfile.command(Entry("a", ("python", "-m", "x"))) == (sys.executable, "-m", "x")


def test_a_program_beside_the_interpreter_comes_first():
    (found, *_) = procfile.command(Entry("a", ("celery", "worker")))
    assert found.endswith("/celery")
    assert found.startswith("/")


def test_other_programs_are_left_to_the_path():
    assert procfile.command(Entry("a", ("no-such-program",))) == ("no-such-program",)


def test_intake_stops_first_and_workers_before_what_only_looks_on():
    names = ["flower", "worker-b", "beat", "other", "api", "worker-a", "fleet"]
    assert procfile.stop_order(names) == [
        ["api"], ["beat"], ["fleet"], ["worker-b", "worker-a"], ["flower"], ["other"],
    ]  # fmt: skip


def test_our_own_file_names_every_process_of_the_platform():
    workers = ["worker-ingest", "worker-general", "worker-critical"]
    names = [entry.name for entry in procfile.read()]
    assert names == ["api", *workers, "fleet", "beat", "flower"]


def test_only_pools_are_pools():
    assert [entry.name for entry in procfile.read() if entry.is_pool] == [
        "worker-ingest",
        "worker-general",
        "worker-critical",
    ]
