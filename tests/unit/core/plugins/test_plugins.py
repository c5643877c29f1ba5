import sys
import threading
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pluggy
import pytest

from core.plugins.plugins import Plugins

hookimpl = pluggy.HookimplMarker("mendline")
ERROR = {"title": "no answer", "tags": ["a"]}


def plugin(**functions):
    marked = {name: staticmethod(hookimpl(function)) for name, function in functions.items()}
    return type("Plugin", (), marked)()


def loaded(*plugins, seconds=5.0):
    found = Plugins(seconds)
    for number, each in enumerate(plugins):
        assert found.add(each, f"p{number}")
    return found


def told(found, **values):
    return found.call("on_give_up", **{"error": ERROR, "reason": "used up", **values})


def test_a_plugin_gets_plain_values_and_only_those_it_names():
    found = loaded(plugin(on_give_up=lambda reason: reason.upper()))

    assert told(found)[0].value == "USED UP"


def test_one_that_raises_disturbs_nobody():
    heard = []

    def leave(error):
        sys.exit(3)

    def divide(error):
        return 1 / 0

    found = loaded(
        plugin(on_give_up=leave),
        plugin(on_give_up=divide),
        plugin(on_give_up=lambda error, reason: heard.append(error)),
    )

    came = {each.plugin: each.failure for each in told(found)}

    assert heard == [ERROR]
    assert came["p0"] == "SystemExit: 3"
    assert came["p1"].startswith("ZeroDivisionError")
    assert came["p2"] is None


def test_one_that_changes_what_it_is_given_changes_nothing():
    heard = []

    def scribble(error):
        error["tags"].append("mine")
        heard.append(error)

    found = loaded(plugin(on_give_up=scribble), plugin(on_give_up=scribble))

    told(found)

    assert [each["tags"] for each in heard] == [["a", "mine"], ["a", "mine"]]
    assert ERROR["tags"] == ["a"]


def test_one_that_never_comes_back_is_left_behind():
    released = threading.Event()
    heard = []

    def hang(error):
        heard.append("again")
        released.wait(30)

    found = loaded(plugin(on_give_up=hang), seconds=0.05)

    assert told(found)[0].failure == "it did not come back in time"
    assert told(found) == []
    released.set()
    assert heard == ["again"]


def test_a_hook_of_another_shape_is_refused():
    found = Plugins()

    assert not found.add(plugin(on_give_up=lambda nonsense: None), "odd")
    assert not found.add(plugin(on_weather=lambda: None), "unknown")
    assert found.names == []


@pytest.fixture
def module(monkeypatch):
    """A plug-in as it is installed: a module that an entry point names."""
    made = SimpleNamespace(
        plugin=plugin(strategies=lambda: {"wait_for_moon": lambda situation: situation["phase"]})
    )
    monkeypatch.setitem(sys.modules, "moon_plugin", made)


def entry(name, value):
    return EntryPoint(name, value, "mendline.plugins")


def test_plugins_are_loaded_by_their_entry_points(module):
    found = Plugins()

    found.load([entry("broken", "no_such_module_here:plugin"), entry("moon", "moon_plugin:plugin")])

    assert found.names == ["moon"]
    added = found.gathered("strategies")
    assert added["wait_for_moon"]({"phase": "full"}).value == "full"
    assert added["wait_for_moon"]({}).failure == "KeyError: 'phase'"


def test_of_two_with_one_name_the_first_stays():
    found = loaded(plugin(on_give_up=lambda reason: "first"))
    assert not found.add(plugin(on_give_up=lambda reason: "second"), "p0")
    assert [each.value for each in told(found)] == ["first"]


def test_an_error_that_cannot_be_told_is_a_failure_like_others():
    class SilentError(Exception):
        def __str__(self):
            return self.nothing

    def fail(reason):
        raise SilentError

    assert told(loaded(plugin(on_give_up=fail)))[0].failure == "SilentError: SilentError"


def test_nonsense_adds_nothing_and_the_first_name_stays():
    found = loaded(
        plugin(actions=lambda: ["nonsense"]),
        plugin(actions=lambda: {"page": 7, "call": lambda order: "first"}),
        plugin(actions=lambda: {"call": lambda order: "second"}),
    )

    added = found.gathered("actions")

    assert set(added) == {"call"}
    assert added["call"]({}).value == "first"


def test_what_is_installed_here_can_be_loaded():
    Plugins().load()
