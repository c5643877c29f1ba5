"""Loads plug-ins and calls them, each apart from the others and from us.

A plug-in may raise anything, answer nonsense, change what it is given, or never come back. It gets
copies, runs in a thread of its own for a limited time, and what it raises ends with it. One that
did not come back is not called again in this process.
"""

import copy
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from queue import Empty, SimpleQueue
from typing import Any, Final

import pluggy
import structlog

from core.errors import report
from core.plugins import hookspecs

SECONDS: Final = 5.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Came:
    """What one plug-in answered, or how it failed: the class of the error and its text."""

    plugin: str
    value: Any = None
    failure: str | None = None


class Plugins:
    """One a process; calls come from any thread."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._stuck: set[str] = set()

    @property
    def names(self) -> list[str]:
        return sorted(name for name, _ in self._manager.list_name_plugin())

    def load(self, points: Iterable[EntryPoint] | None = None) -> None:
        """One that cannot be loaded is left out, and told in the log."""
        found = entry_points(group=hookspecs.GROUP) if points is None else points
        for point in found:
            loaded = self._bounded(point.name, point.load)
            if loaded.failure is None:
                self.add(loaded.value, point.name)

    def add(self, plugin: object, name: str) -> bool:
        """False where its functions are not as the page of the hooks says, or the name is taken."""
        if self._manager.has_plugin(name):
            log.warning("plugin.name_taken", plugin=name)
            return False

        def register() -> None:
            self._manager.register(plugin, name=name)
            self._manager.check_pending()

        registered = self._bounded(name, register)
        if registered.failure is not None and self._manager.has_plugin(name):
            self._manager.unregister(name=name)
        return registered.failure is None

    def call(self, hook: str, **values: Any) -> list[Came]:
        """Asks each plug-in that has this hook, with a copy of the values of its own."""
        found = []
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            name = implementation.plugin_name
            if name in self._stuck:
                continue
            told = copy.deepcopy(values)
            given = {each: told[each] for each in implementation.argnames}
            found.append(self._bounded(name, lambda: implementation.function(**given)))  # noqa: B023 (called before the next turn)
        return found

    def gathered(self, hook: str) -> dict[str, Callable[..., Any]]:
        """What all of them add by name; the first to take a name keeps it."""
        found: dict[str, Callable[..., Any]] = {}
        for came in self.call(hook):
            added = came.value if isinstance(came.value, Mapping) else {}
            for name, function in added.items():
                if isinstance(name, str) and callable(function) and name not in found:
                    found[name] = self.kept_apart(came.plugin, function)
        return found

    def kept_apart(self, plugin: str, function: Callable[..., Any]) -> Callable[..., Came]:
        """The function as one that always comes back and never raises."""

        def apart(*arguments: Any, seconds: float | None = None) -> Came:
            if plugin in self._stuck:
                return Came(plugin, failure="it did not come back before")
            given = copy.deepcopy(arguments)
            return self._bounded(plugin, lambda: function(*given), seconds=seconds)

        return apart

    def _bounded(
        self, plugin: str, function: Callable[[], Any], *, seconds: float | None = None
    ) -> Came:
        answers: SimpleQueue[pluggy.Result[Any]] = SimpleQueue()
        # `Result` keeps what was raised, whatever it is.
        body = threading.Thread(
            target=lambda: answers.put(pluggy.Result.from_call(function)), daemon=True
        )
        body.start()
        try:
            answer = answers.get(timeout=self._seconds if seconds is None else seconds)
        except Empty:
            self._stuck.add(plugin)
            log.warning("plugin.stuck", plugin=plugin)
            return Came(plugin, failure="it did not come back in time")
        error = answer.exception
        if error is not None:
            log.warning("plugin.failed", plugin=plugin, exc_info=error)
            return Came(plugin, failure=f"{type(error).__name__}: {report(error).message}")
        return Came(plugin, answer.get_result())
