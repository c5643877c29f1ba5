import pytest

from core.analysis.event import MAX_FRAMES, MAX_TEXT, read, status, tag, text


@pytest.mark.parametrize(
    "exception",
    [
        {"values": [{"type": "KeyError", "value": "x"}]},
        [{"type": "KeyError", "value": "x"}],
        {"type": "KeyError", "value": "x"},
        {"values": {"type": "KeyError", "value": "x"}},
        {"values": [None, {"type": "KeyError", "value": "x"}]},
    ],
)
def test_exceptions_of_every_shape_are_one_failure(exception):
    (failure,) = read({"exception": exception}).failures

    assert (failure.type, failure.value) == ("KeyError", "x")


@pytest.mark.parametrize("nothing", [None, [], {}, {"values": None}, {"values": []}, [{}]])
def test_no_exception_in_any_shape_is_no_failure(nothing):
    assert read({"exception": nothing}).failures == ()


def test_an_exception_as_text_keeps_its_text():
    assert read({"exception": "boom"}).failures[0].value == "boom"


@pytest.mark.parametrize("trace", [None, {}, {"frames": None}, {"frames": {}}, [], 7])
def test_frames_may_be_missing_in_any_way(trace):
    (failure,) = read({"exception": [{"type": "E", "stacktrace": trace}]}).failures

    assert failure.frames == ()


def test_frames_as_a_bare_list_are_read():
    (failure,) = read({"exception": [{"stacktrace": [{"function": "f"}]}]}).failures

    assert failure.frames[0].function == "f"


def test_of_too_many_frames_the_last_stay():
    frames = [{"function": str(number)} for number in range(MAX_FRAMES + 5)]
    (failure,) = read({"exception": [{"stacktrace": {"frames": frames}}]}).failures

    assert len(failure.frames) == MAX_FRAMES
    assert failure.frames[-1].function == str(MAX_FRAMES + 4)


@pytest.mark.parametrize(
    "raw",
    [
        {"message": "hello"},
        {"message": {"message": "hello"}},
        {"message": {"formatted": "hello"}},
        {"logentry": "hello"},
        {"logentry": {"message": "hello", "params": None}},
        {"sentry.interfaces.Message": {"message": "hello"}},
        {"logentry": {}, "message": "hello"},
    ],
)
def test_messages_of_every_shape(raw):
    seen = read(raw)

    assert (seen.template, seen.message) == ("hello", "hello")


@pytest.mark.parametrize(
    ("template", "params", "message"),
    [
        ("a %s b %d", ["x", 5], "a x b 5"),
        ("a %(one)s", {"one": "x"}, "a x"),
        ("a {one} {}", {"one": "x"}, "a x {}"),
        ("a %s %s", ["x"], "a x %s"),
        ("a %s", "x", "a %s"),
    ],
)
def test_parameters_fill_the_message_and_not_the_template(template, params, message):
    seen = read({"logentry": {"message": template, "params": params}})

    assert (seen.template, seen.message) == (template, message)


@pytest.mark.parametrize(
    "tags", [{"a": "1"}, [["a", "1"]], [{"key": "a", "value": "1"}], [None, 5, ["a"], ["a", 1]]]
)
def test_tags_as_mapping_or_pairs(tags):
    assert tag({"tags": tags}, "a") == "1"
    assert tag({"tags": tags}, "b") == ""


@pytest.mark.parametrize("fingerprint", ["one", ["one"]])
def test_a_fingerprint_may_be_bare(fingerprint):
    assert read({"fingerprint": fingerprint}).fingerprint == ("one",)


def test_the_crashed_thread_gives_the_stack_of_an_event_without_exception():
    threads = {
        "values": [
            {"current": True, "stacktrace": {"frames": [{"function": "calm"}]}},
            {"crashed": True, "stacktrace": {"frames": [{"function": "crash"}]}},
        ]
    }

    assert read({"threads": threads}).frames[0].function == "crash"


def test_several_threads_without_a_mark_say_nothing():
    thread = {"stacktrace": {"frames": [{"function": "f"}]}}

    assert read({"threads": [thread, thread]}).frames == ()
    assert read({"threads": [thread]}).frames[0].function == "f"


def test_the_code_comes_from_mechanism_or_field():
    errno = {"mechanism": {"meta": {"errno": {"number": 111, "name": "ECONNREFUSED"}}}}

    assert read({"exception": [{"type": "E", **errno}]}).failures[0].code == "ECONNREFUSED"
    assert read({"exception": [{"type": "E", "code": 7}]}).failures[0].code == "7"


@pytest.mark.parametrize(
    "raw",
    [{"http_status": 503}, {"extra": {"status_code": "503"}}, {"tags": {"http_status": "503"}}],
)
def test_the_status_is_found_where_clients_put_it(raw):
    assert read(raw).http_status == 503


@pytest.mark.parametrize("odd", [True, "5030", 42, 700, None, "abc", 5.03])
def test_what_is_no_status_is_none(odd):
    assert status(odd) is None


def test_text_of_anything():
    assert text("x" * (MAX_TEXT + 1)) == "x" * MAX_TEXT
    assert [text(value) for value in (None, [1], 5, True)] == ["", "", "5", "True"]
    assert text({"message": "m"}) == "m"
    assert text({"other": {}}) == ""


LINES = ["#0 0x1 in f /x.c:1", "#1 0x2 in main /x.c:2"]


@pytest.mark.parametrize("name", ["stacktrace", "stack", "stack_trace"])
@pytest.mark.parametrize("trace", [LINES, "\n".join(LINES), {"frames": LINES}])
def test_a_trace_may_be_text_or_its_lines(name, trace):
    (failure,) = read({"exception": [{"type": "E", name: trace}]}).failures

    assert failure.trace == "\n".join(LINES)
    assert failure.frames == ()


def test_a_trace_without_an_exception_makes_one():
    (failure,) = read({"message": "boom", "stacktrace": "\n".join(LINES)}).failures

    assert (failure.value, failure.trace) == ("boom", "\n".join(LINES))


def test_an_error_of_apple_is_known_by_its_domain():
    mechanism = {"meta": {"ns_error": {"domain": "ShopErrorDomain", "code": 2}}}
    (failure,) = read({"exception": [{"mechanism": mechanism}]}).failures

    assert failure.type == "ShopErrorDomain"


def test_an_error_object_of_javascript_has_a_name_and_a_stack():
    raw = {"name": "TypeError", "message": "x", "stack": "f@http://x.example/a.js:1:2"}
    (failure,) = read({"exception": raw}).failures

    assert (failure.type, failure.value, failure.trace[:2]) == ("TypeError", "x", "f@")
