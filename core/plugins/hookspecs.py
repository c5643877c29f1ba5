"""Every hook that a plug-in may implement, on one page.

A plug-in is a module or an object that an entry point of the group `mendline.plugins` names. It
marks its functions with `pluggy.HookimplMarker("mendline")` and needs no import of ours. All values
that go in and out are plain: texts, numbers, lists and dictionaries. A function may leave out the
arguments that it does not need.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pluggy

PROJECT: Final = "mendline"
GROUP: Final = "mendline.plugins"

Values = Mapping[str, Any]
hookspec: Final = pluggy.HookspecMarker(PROJECT)


@hookspec
def on_error(error: Values) -> None:
    """The platform begins to look after an error.

    `error`: `recovery_id`, `project_id`, `issue_id`, `event_id`, `title`, `component`, `category`,
    `family`, `severity`, `state`, `reason`, `events`, `at`.
    """


@hookspec
def on_retry(error: Values, attempt: int) -> None:
    """Something is done about it; `attempt` counts from 1."""


@hookspec
def on_recovered(error: Values, seconds: float) -> None:
    """It is mended, and that was verified; `seconds` since the first event."""


@hookspec
def on_give_up(error: Values, reason: str) -> None:
    """The platform stops trying; a person has to look."""


@hookspec
def strategies() -> Mapping[str, Callable[[dict[str, Any]], Values | None]]:  # type: ignore[empty-body]
    """Strategies by name, which policies may then put into a chain.

    Each is called with the situation and how often it was `tried`; it answers none to pass, or
    `{"verb": "act", "action": …, "target": …, "arguments": {…}, "delay": s, "reason": …}`, or
    `{"verb": "watch" | "escalate", "delay": s, "reason": …}`.
    """


@hookspec
def actions() -> Mapping[str, Callable[[dict[str, Any]], Values]]:  # type: ignore[empty-body]
    """Actions by name, which policies may then use.

    Each is called with `action`, `target`, `arguments`, `idempotency_key`, `timeout`, `dry_run` and
    `about`; it answers `{"summary": …, "evidence": {…}, "undo": {…} or none}` and raises where it
    did not succeed. With `undo` in what it is called with, it takes back what it did.
    """
