from core.analysis.languages import go, javascript, native, python
from core.analysis.telling import telling
from tests.unit.core.analysis.builders import call


def named(*names, in_app=None):
    return [(call(name)._replace(in_app=in_app), (name, 0)) for name in names]


def labels(own, all_of_them, language=go):
    return [label for _, (label, _) in telling(own, all_of_them, language.LANGUAGE)]


def test_several_of_the_applications_tell_alone():
    frames = named("main", "pay", "library", "inside")
    assert labels(frames[:2], frames) == ["main", "pay"]


def test_in_python_the_library_that_failed_tells_as_well():
    frames = named("main", "pay", "library", "inside")
    assert labels(frames[:2], frames, python) == ["main", "pay", "inside"]


def test_a_single_one_tells_with_where_it_failed():
    frames = named("server", "view", "library", "inside")
    assert labels(frames[1:2], frames) == ["view", "inside"]


def test_what_only_started_the_program_tells_with_what_it_led_to():
    frames = named("main", *"abcdefg")
    assert labels(frames[:1], frames) == ["main", *"cdefg"]


def test_marks_and_paths_come_to_the_same():
    for names in (["view"], ["main", "view"]):
        marked = named(*names, in_app=True)
        told = named(*names)
        library = named("inside")
        assert labels(marked, [*marked, *library]) == labels(told, [*told, *library])


def test_without_any_of_its_own_all_tell():
    assert labels([], named("a", "b")) == ["a", "b"]


def test_a_marked_native_frame_tells_alone_and_a_guessed_one_does_not():
    marked, told = named("mine", in_app=True), named("mine")
    library = named("inside")
    assert labels(marked, [*marked, *library], native) == ["mine"]
    assert labels(told, [*told, *library], native) == ["mine", "inside"]


def test_marks_of_browsers_say_nothing():
    marked = named("mine", in_app=True)
    assert labels(marked, [*marked, *named("inside")], javascript) == ["mine", "inside"]
