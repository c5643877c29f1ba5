"""What is true of printed traces in every language."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis.languages import GENERIC, printed
from tests.unit.core.analysis.builders import grouped
from tests.unit.core.analysis.languages.samples import TRACES, sample

EXPECTED = {
    "python": "python",
    "java": "java",
    "node": "javascript",
    "firefox": "javascript",
    "go": "go",
    "powershell": "powershell",
    "powershell_stack": "powershell",
    "dotnet": "dotnet",
    "ruby": "ruby",
    "php": "php",
    "rust": "rust",
    "aggregate": "dotnet",
    "apple": "native",
    "asan": "native",
    "chrome": "javascript",
    "dart": "dart",
    "edge": "javascript",
    "elixir": "elixir",
    "erlang": "elixir",
    "gdb": "native",
    "glibc": "native",
    "go_error": "go",
    "hermes": "javascript",
    "java_suppressed": "java",
    "lldb": "native",
    "minidump": "native",
    "opera": "javascript",
    "php_log": "php",
    "pwsh": "powershell",
    "python_fault": "python",
    "python_group": "python",
    "ruby_log": "ruby",
    "safari": "javascript",
    "tombstone": "native",
    "ubsan": "native",
    "unity": "dotnet",
    "valgrind": "native",
}


def test_every_sample_is_expected():
    assert {path.stem for path in TRACES.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize(("name", "language"), EXPECTED.items())
def test_each_trace_is_told_by_its_language(name, language):
    found, failures = printed(sample(name))

    assert found.name == language
    assert failures[-1].frames


@pytest.mark.parametrize("name", EXPECTED)
def test_a_message_that_is_a_trace_is_grouped_by_it(name):
    assert grouped({"logentry": {"formatted": sample(name)}}).mechanism == "stacktrace"


@pytest.mark.parametrize(
    "prose",
    [
        "",
        "Meet me at noon\nor at 10:30",
        "Cannot mail to\nbob@example.com:25",
        "Cannot copy to\nbackup@store:/vol/data:22",
        "At last: it works",
        "#0 is the first",
        "panic over nothing",
        'File "x" is gone',
    ],
)
def test_prose_is_no_trace(prose):
    assert printed(prose) == (GENERIC, [])


MARKS = [
    "at ", "a", "(", ")", ".", "/", ":1", "\n", " ", "@", 'File "', "#0 ", "goroutine 1 [x]:\n",
    "\t", "panic: ", "Caused by: ", "---> ", "System.A", "thread 'm' panicked at ",
    "At x:1 char:2", ":in `f'", ",", ": line 3", "#1 0x12 in f", "0x1234", " (", "<", "> ", "::",
    "+0x1", "[0x1]", "0   A   0x123456 ", "==1== at 0x1: ", "** (E) x\n", "lib/a.ex:1: A.f/1",
    "dart:core/x.dart 1:1  f", "  + Exception Group Traceback", "+-+---- 1 ----\n", "| ",
    "Error thrown at line 1, column 2 in ", "---> (Inner Exception #0) ",
    '{a,b,1,[{file,"x"},{line,1}]}', "Suppressed: ", "... 2 more\n", "line 3 > eval", "*",
    "_ZN3abc", "operator", "Program received signal SIGSEGV, x", "ERROR: ASanitizer: ",
    "terminate called after throwing an instance of '", "what():  ", " reason: '",
    "Caught signal 11 ", "Traceback (most recent call last):\n", "Exception Group Traceback",
]  # fmt: skip


@given(st.lists(st.sampled_from(MARKS), min_size=1, max_size=5), st.integers(1, 3_000))
@settings(deadline=None, max_examples=200)
def test_no_text_takes_long(pieces, times):
    started = time.process_time()
    printed(("".join(pieces) * times)[:32_768])
    # A guard against exponential patterns, far above what is usual.
    assert time.process_time() - started < 5


def test_of_a_very_long_trace_both_ends_count():
    lines = [f'  File "a.py", line {n}, in f{n}' for n in range(2_000)]
    trace = "\n".join(["Traceback (most recent call last):", *lines, "RecursionError: deep"])

    (failure,) = printed(trace)[1]

    assert failure.type == "RecursionError"
    assert failure.frames[0].function == "f0"
    assert failure.frames[-1].function == "f1999"


def shifted(trace):
    """The same trace of another build: other lines and columns, other addresses."""
    trace = re.sub(r"(?<=0x)[0-9a-fA-F]{5,16}|(?<=pc )[0-9a-f]+", _another, trace)
    return re.sub(r"(?<=[\w.]:)\d{1,4}(?=[:)\s<]|$)|(?<=line )\d{1,4}|(?<= : )\d+", _later, trace)


def _another(found):
    return "7f" + found[0][2:][::-1]


def _later(found):
    return str(int(found[0]) + 7)


@pytest.mark.parametrize("name", EXPECTED)
def test_another_build_is_the_same_issue(name):
    assert shifted(sample(name)) != sample(name)
    assert grouped({"message": shifted(sample(name))}).why == grouped({"message": sample(name)}).why


def test_every_sample_is_an_issue_of_its_own():
    # The browsers print one failure, each in its own way; so do the tools.
    alike = {"chrome", "edge", "safari", "opera", "valgrind"}
    keys = [grouped({"message": sample(name)}).issue_key for name in set(EXPECTED) - alike]

    assert len(set(keys)) == len(keys)
