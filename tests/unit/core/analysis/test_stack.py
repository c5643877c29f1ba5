from core.analysis.event import Frame
from core.analysis.stack import EMPTY, reduced


def frames(*names, in_app=None, file="a/cart.py"):
    return tuple(Frame("", file, name, in_app) for name in names)


def test_no_frames_say_nothing():
    assert reduced((), "python") is EMPTY


def test_the_applications_frames_count_and_where_a_library_failed():
    mixed = (*frames("main", in_app=True), *frames("helper", in_app=False, file="b/lib.py"))

    stack = reduced(mixed, "python")

    assert stack.labels == ("cart.py:main", "b/lib.py:helper")
    assert stack.crashed is not None
    assert stack.crashed.function == "main"


def test_without_any_of_the_application_all_count():
    stack = reduced(frames("one", "two", in_app=False), "python")

    assert stack.labels == ("cart.py:one", "cart.py:two")
    assert not stack.own


def test_one_guessed_frame_alone_does_not_decide():
    mixed = (*frames("main"), *frames("send", file="/x/site-packages/http/client.py"))

    assert len(reduced(mixed, "python").labels) == 2


def test_a_direct_recursion_is_one_round():
    assert reduced(frames("a", "walk", "walk", "walk"), "python") == reduced(
        frames("a", "walk", "walk"), "python"
    )


def test_endless_recursion_is_the_same_wherever_it_was_cut_off():
    loop = frames("ping", "pong", "pang") * 30

    assert reduced(loop[:-1], "python").labels == reduced(loop[1:], "python").labels


def test_a_failure_that_calls_itself_endless_is_known_by_its_loop():
    shallow = (*frames("main", "walk"), *frames("step") * 5)

    assert reduced(shallow, "python", endless=True).labels == ("cart.py:step",)
    assert "cart.py:main" in reduced(shallow, "python").labels


def test_frames_that_name_nothing_fall_out():
    stack = reduced((Frame("", "", "<redacted>"), Frame("", "", "")), "native")

    assert stack.labels == ()
    assert stack.crashed is not None


def test_an_unknown_platform_is_told_from_the_file_names():
    assert reduced(frames("a.<anonymous>", file="x/cart.js"), "other").labels == ("cart.js",)


def test_mutual_recursion_is_one_round():
    once = reduced(frames("main", "ping", "pong", "fail"), "python")

    assert reduced(frames("main", "ping", "pong", "ping", "pong", "fail"), "python") == once


def test_machinery_falls_out_where_something_else_is_left():
    file = "/usr/lib/python3.11/threading.py"
    started = (Frame("", file, "run"), *frames("main", "pay"))

    assert reduced(started, "python").labels == ("cart.py:main", "cart.py:pay")
    assert reduced((Frame("", file, "run"),), "python").labels == ("threading.py:run",)


def test_of_python_the_library_that_failed_counts_beside_guessed_frames():
    library = Frame("", "/x/site-packages/http/pool.py", "send")
    mine = frames("main", "pay")

    assert reduced((*mine, library), "python").labels == (
        "cart.py:main",
        "cart.py:pay",
        "pool.py:send",
    )
    assert reduced((*mine, library), "python").crashed == mine[-1]


def test_of_native_code_the_innermost_frames_count():
    deep = tuple(Frame("", "", name) for name in "abcdefgh")

    assert reduced(deep, "native").labels == tuple("defgh")
