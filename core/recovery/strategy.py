"""What a strategy is: a pure answer to a situation. What several of them need is here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final, Protocol

from core.recovery.decision import Decision, Verb, skip
from core.recovery.situation import Situation
from core.resilience.backoff import RetryPolicy

RESEND: Final = "resend_task"
# Facts come from strangers: nothing else of theirs gets into targets and arguments.
_HARMLESS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}")
_PLACE: Final = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Use:
    """What a policy lets a strategy do. Texts may hold `{component}` and other facts.

    `attempts`: how often in one recovery. `timeout` in seconds. `instances`: of how many alike the
    target is one. `mode` none is the mode of the action.
    """

    action: str
    target: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    mode: str | None = None
    attempts: int = 1
    timeout: float = 30.0
    instances: int | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """`tries`: how often this strategy was tried in this recovery. `retry` is for the kind."""

    retry: RetryPolicy
    tries: int
    rand: Random
    use: Use | None = None


class Strategy(Protocol):
    """A strategy that was tried is asked again after each failure, until it skips."""

    @property
    def name(self) -> str: ...

    def decide(self, situation: Situation, given: Given) -> Decision: ...


def carry_out(situation: Situation, given: Given, reason: str) -> Decision:
    """What the policy has for this strategy, as long as its attempts last."""
    use = given.use
    if use is None:
        return skip("the policy names no action for it")
    if given.tries >= use.attempts:
        return skip(f"it was tried {given.tries} times")
    missing = unfilled((use.target, use.arguments), situation.facts)
    if missing:
        return skip(f"nothing usable is known as {', '.join(missing)}")
    return Decision(
        Verb.ACT,
        reason,
        action=use.action,
        target=fill(use.target, situation.facts),
        arguments=fill(use.arguments, situation.facts),
    )


def again(situation: Situation, given: Given, *, told: float | None, reason: str) -> Decision:
    """Once more after a while: we send the work again, or watch the client that tries again."""
    retries = given.retry.attempts - 1
    if given.tries >= retries:
        return skip(f"all {given.retry.attempts} attempts are used up")
    delay = given.retry.backoff.delay(given.tries + 1, rand=given.rand, told=told)
    if not situation.replayable:
        if given.tries:
            return skip("the client's own attempts did not mend it")
        return Decision(Verb.WATCH, f"{reason}; the client tries again", delay=delay)
    use = _resending(given.use or Use(RESEND, ""), situation)
    missing = unfilled((use.target, use.arguments), situation.facts)
    if missing:
        return skip(f"nothing usable is known as {', '.join(missing)}")
    return Decision(
        Verb.ACT,
        reason,
        action=use.action,
        target=fill(use.target, situation.facts),
        arguments=fill(use.arguments, situation.facts),
        delay=delay,
    )


def _resending(use: Use, situation: Situation) -> Use:
    """Sending again is about the piece of work, and needs the event that tells how."""
    if use.action != RESEND:
        return use
    told = {**use.arguments, "event_id": situation.event_id}
    return replace(use, target=situation.subject, arguments=told)


def fill(value: Any, facts: Mapping[str, str]) -> Any:
    """Facts in the places of their names, in all texts of a value."""
    if isinstance(value, str):
        return _PLACE.sub(lambda found: facts.get(found[1], found[0]), value)
    if isinstance(value, Mapping):
        return {name: fill(each, facts) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [fill(each, facts) for each in value]
    return value


def unfilled(value: Any, facts: Mapping[str, str]) -> list[str]:
    """The names that a value holds whose facts are missing, or no plain words."""
    wrong = {name for name in places(value) if not _HARMLESS.fullmatch(facts.get(name, ""))}
    return sorted(wrong)


def places(value: Any) -> set[str]:
    """The names that the texts of a value hold."""
    if isinstance(value, str):
        return set(_PLACE.findall(value))
    if isinstance(value, Mapping):
        return {name for each in value.values() for name in places(each)}
    if isinstance(value, list | tuple):
        return {name for each in value for name in places(each)}
    return set()
