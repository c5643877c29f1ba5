"""Strategies and actions of plug-ins, as our own are: nothing that they answer can harm more than
the recovery it is for.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from core.plugins.plugins import Came, Plugins
from core.recovery.action import Action, ActionError, Done, Order
from core.recovery.decision import Decision, Verb, skip
from core.recovery.policy_reading import Words
from core.recovery.situation import Situation
from core.recovery.strategy import Given, Strategy
from core.recovery.vocabulary import words
from core.store.storable import storable, text

LONGEST_TEXT: Final = 500
LONGEST_DELAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class PluggedStrategy:
    name: str
    ask: Callable[..., Came]

    def decide(self, situation: Situation, given: Given) -> Decision:
        """Nonsense, a failure and silence are all a reason to ask the next one."""
        came = self.ask({**situation.plain(), "tried": given.tries})
        if came.failure is not None:
            return skip(_text(f"the plug-in {came.plugin} failed: {came.failure}"))
        if came.value is None:
            return skip(f"the plug-in {came.plugin} passes")
        if not isinstance(came.value, Mapping) or came.value.get("verb") not in _VERBS:
            return skip(f"the plug-in {came.plugin} answers nothing that is known")
        return _decision(came.value)


_VERBS: Final = (Verb.ACT, Verb.WATCH, Verb.ESCALATE)


def _decision(told: Mapping[str, Any]) -> Decision:
    verb, arguments = Verb(told["verb"]), told.get("arguments")
    action, target = _text(told.get("action")), _text(told.get("target"))
    if verb is Verb.ACT and not (action and target):
        return skip("the plug-in names no action, or no target")
    return Decision(
        verb,
        _text(told.get("reason")) or "a plug-in says so",
        action=action,
        target=target,
        arguments=storable(arguments) if isinstance(arguments, Mapping) else {},
        delay=_seconds(told.get("delay")),
    )


def _text(value: Any) -> str:
    return text(value.strip()[:LONGEST_TEXT]) if isinstance(value, str) else ""


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    if isinstance(value, float) and not math.isfinite(value):
        return 0.0
    return float(min(max(value, 0), LONGEST_DELAY))


@dataclass(slots=True)
class PluggedAction:
    """`undo` of what it answered is handed back to it, once, to take back what it did."""

    name: str
    ask: Callable[..., Came]
    reversible: bool = True

    def run(self, order: Order) -> Done:
        return self._done(order, asdict(order))

    def undo(self, order: Order, undo: Mapping[str, Any]) -> Done:
        return self._done(order, {**asdict(order), "undo": dict(undo)})

    def _done(self, order: Order, asked: dict[str, Any]) -> Done:
        came = self.ask(asked, seconds=order.timeout)
        if came.failure is not None:
            raise ActionError(_text(f"The plug-in {came.plugin} failed: {came.failure}"))
        told = came.value if isinstance(came.value, Mapping) else {}
        summary, evidence, undo = (told.get(each) for each in ("summary", "evidence", "undo"))
        return Done(
            _text(summary) or f"{self.name} was done",
            storable(evidence) if isinstance(evidence, Mapping) else {},
            storable(undo) if isinstance(undo, Mapping) else None,
        )


def strategies(plugins: Plugins) -> dict[str, Strategy]:
    found = plugins.gathered("strategies")
    return {name: PluggedStrategy(name, ask) for name, ask in found.items()}


def actions(plugins: Plugins) -> dict[str, Action]:
    found = plugins.gathered("actions")
    return {name: PluggedAction(name, ask) for name, ask in found.items()}


def known(plugins: Plugins) -> Words:
    """The names that policies may use where these plug-ins are installed."""
    return words(strategies(plugins), actions(plugins))
