import pytest

from core.analysis.crashes import parse
from tests.unit.core.analysis.builders import key
from tests.unit.core.analysis.languages.samples import sample

EXPECTED = {
    "asan": ("heap-buffer-overflow", "shop::read_line", "__interceptor_memcpy"),
    "ubsan": ("undefined-behavior", "cart_total", "cart_total"),
    "gdb": ("SIGABRT", "shop::Cart::total", "raise"),
    "lldb": ("EXC_BAD_ACCESS", "shop::Cart::total", "shop::Cart::total"),
    "glibc": ("", "shop::Cart::close", ""),
    "valgrind": ("", "cart_total", "memmove"),
    "apple": ("EXC_BAD_ACCESS", "Shop.Cart.total", "objc_msgSend"),
    "tombstone": ("SIGSEGV", "shop::Cart::total", "memcpy"),
    "minidump": ("", "shop::Cart::total", "shop::Cart::total"),
}


@pytest.mark.parametrize(("name", "expected"), EXPECTED.items())
def test_every_tool_is_read(name, expected):
    (found,) = parse(sample(name))
    functions = [frame.function for frame in found.frames]

    assert found.type == expected[0]
    assert expected[1] in functions
    assert functions[-1] == expected[2]
    assert found.synthetic


def test_only_the_stack_that_failed_counts():
    (found,) = parse(sample("asan"))

    assert "shop::Cart::grow" not in [frame.function for frame in found.frames]


def test_a_thrown_exception_has_its_own_type():
    trace = (
        "terminate called after throwing an instance of 'std::out_of_range'\n"
        "  what():  vector::at\n#0  0x1 in shop::f () at a.cc:1\n#1  0x2 in main () at b.cc:2\n"
    )

    (found,) = parse(trace)

    assert (found.type, found.value, found.synthetic) == ("std::out_of_range", "vector::at", False)


@pytest.mark.parametrize(
    ("line", "function", "file", "package"),
    [
        ("#0 0x4c in f(int) const /a b/x.cc:3:4", "f", "b/x.cc", ""),
        ("#0 0x4c in f /x.c", "f", "/x.c", ""),
        ("#0 0x4c in f+0x12 (/opt/a b/cart+0x4c)", "f+0x12", "", "/opt/a b/cart"),
        ("#0 0x4c (/opt/cart+0x4c) (BuildId: 1f)", "", "", "/opt/cart"),
        ("#0 0x4c  /build/string/memmove.S:345", "", "/build/string/memmove.S", ""),
        ("#0  f (a=0x0, b=...) at x.c:3", "f", "x.c", ""),
        ("#0  0x00 in ?? () from /lib/libx.so", "??", "", "/lib/libx.so"),
        ("#0  <signal handler called>", "<signal handler called>", "", ""),
    ],
)
def test_numbered_frames(line, function, file, package):
    (found,) = parse(f"Program received signal SIGSEGV, Segmentation fault.\n{line}\n")
    (frame,) = found.frames

    assert (frame.function, frame.file, frame.package) == (function, file, package)


def crash(trace, kind="SEGV"):
    failure = {"type": kind, "value": "", "stacktrace": trace}
    return {"platform": "native", "exception": {"values": [failure]}}


def lines(*functions, address=0x4000, prefix="    "):
    return [
        f"{prefix}#{n} 0x{address + n * 16:x} in {name} /src/x.c:{n}:1"
        for n, name in enumerate(functions)
    ]


BASE = lines("memcpy", "copy_row", "read_row", "read_image", "main", "__libc_start_main")


def test_a_list_of_lines_is_a_stack_as_its_text_is():
    assert key(crash(BASE)) == key(crash("\n".join(BASE)))


@pytest.mark.parametrize(
    "same",
    [
        lines("memcpy", "copy_row", "read_row", "read_image", "main", address=0x7F0000, prefix=""),
        lines("__asan_memcpy", "copy_row", "read_row", "read_image", "main", "_start"),
        lines("copy_row", "read_row", "read_row", "read_row", "read_image", "main"),
        lines("copy_row(char*, int)", "read_row", "read_image", "main", "fuzzer::RunOneTest"),
    ],
)
def test_addresses_runtimes_and_recursion_make_no_other_crash(same):
    assert key(crash(same, kind="heap-buffer-overflow")) == key(crash(BASE))


def test_other_functions_make_another_crash():
    assert key(crash(lines("free_row", "read_row", "read_image", "main"))) != key(crash(BASE))


def test_the_way_to_the_defect_does_not_count():
    near = ("e", "d", "c", "b", "a")

    assert key(crash(lines(*near, "open", "main"))) == key(crash(lines(*near, "reload", "main")))


def test_of_fuzzed_python_only_what_the_harness_called_counts():
    deep = ['File "/y/reader.py", line 3, in peek', 'File "/y/main.py", line 9, in load']
    ways = (
        ['File "fuzz.py", line 3, in TestOneInput', 'File "fuzz.py", line 9, in main'],
        ['File "/z/other.py", line 30, in TestOneInput', 'File "/z/other.py", line 1, in <module>'],
    )
    keys = {key(crash([*deep, *way], kind="ValueError") | {"platform": "python"}) for way in ways}

    assert len(keys) == 1


def test_a_report_of_a_fuzzer_is_an_event():
    report = {"CrashSeverity": {"ShortDescription": "SourceAv"}, "Stacktrace": BASE}

    assert key(report) == key(crash(BASE))
