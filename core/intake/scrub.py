"""Takes secrets out of events before anything is computed from them or stored.

1. By name, where clients put data of their own: request, user, extra, contexts, tags, breadcrumbs
   and local variables. The names are sentry-sdk's list and the words that Sentry's server adds.
2. By value, everywhere: tokens, keys, passwords in addresses and assignments, card numbers. One
   search over the whole event decides whether its strings have to be looked at one by one.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

import orjson
from sentry_sdk.scrubber import DEFAULT_DENYLIST

from core.intake.secrets import FILTERED, SECRETS, Secret

_REMEMBERED: Final = 20_000
_SHORTEST: Final = 7  # "pwd=abc"
# Part of a longer name is enough, once dashes and underscores are gone.
_PARTS: Final = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "apikey",
    "credential",
    "privatekey",
    "accesskey",
    "mysqlpwd",
)
# These only as a word of their own: "author" and "tokenizer" are no secrets.
_WORDS: Final = frozenset(
    {"auth", "token", "bearer", "pwd", "authorization", "jwt", "csrf", "xsrf"}
)
_SPLIT: Final = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")
_LONGEST_NAME: Final = 200


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


_EXACT: Final = frozenset(_plain(name) for name in DEFAULT_DENYLIST)


class Names:
    """Which names hold secrets; what was decided for a name is remembered."""

    def __init__(self, extra: frozenset[str] = frozenset()) -> None:
        self._exact = _EXACT | {_plain(name) for name in extra}
        self._known: dict[Any, bool] = {}

    def __call__(self, name: Any) -> bool:
        known = self._known.get(name)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[name] = isinstance(name, str) and self._decide(name)
        return known

    def _decide(self, name: str) -> bool:
        name = name[-_LONGEST_NAME:]
        if _plain(name) in self._exact:
            return True
        words = [word for word in _SPLIT.split(name) if word]
        joined = "".join(words).lower()
        return any(part in joined for part in _PARTS) or any(
            word.lower() in _WORDS for word in words
        )


DEFAULT_NAMES: Final = Names()


def scrub(event: dict[str, Any], *, names: Callable[[Any], bool] = DEFAULT_NAMES) -> int:
    """Changes the event in place; answers how many values were taken out."""
    found = sum(_by_name(part, names) for part in _own_data(event))
    hinted = hints(orjson.dumps(event, default=str))
    return found + _by_value(event, hinted) if hinted else found


def hints(text: bytes) -> list[Secret]:
    """The kinds of secrets that may stand in the JSON `text`."""
    lower = text.lower()
    return [secret for secret in SECRETS if secret.hinted(text, lower)]


def clean(text: str, secrets: Iterable[Secret] = SECRETS) -> str:
    """The text without the secrets that their own form gives away."""
    for secret in secrets:
        text = secret.remove(text)
    return text


def _own_data(event: dict[str, Any]) -> list[Any]:
    """The parts of an event that hold names and values of the application."""
    parts = [event.get(name) for name in ("request", "user", "extra", "contexts", "tags", "spans")]
    breadcrumbs = _listed(event.get("breadcrumbs"))
    parts += [crumb.get("data") for crumb in breadcrumbs if isinstance(crumb, dict)]
    stacks = [
        holder.get("stacktrace")
        for name in ("exception", "threads")
        for holder in _listed(event.get(name))
        if isinstance(holder, dict)
    ]
    for stack in [*stacks, event.get("stacktrace")]:
        frames = stack.get("frames") if isinstance(stack, dict) else None
        parts += [frame.get("vars") for frame in _listed(frames) if isinstance(frame, dict)]
    return [part for part in parts if isinstance(part, dict | list)]


def _listed(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = value.get("values")
    return value if isinstance(value, list) else []


def _by_name(part: Any, names: Callable[[Any], bool]) -> int:
    found, waiting = 0, [part]
    while waiting:
        holder = waiting.pop()
        if type(holder) is list:
            found += _pair(holder, names)
            waiting += [member for member in holder if type(member) in (dict, list)]
            continue
        for name, value in holder.items():
            if names(name):
                if value not in (None, FILTERED):
                    holder[name] = FILTERED
                    found += 1
            elif type(value) is dict or type(value) is list:
                waiting.append(value)
    return found


def _pair(holder: list[Any], names: Callable[[Any], bool]) -> int:
    """A header or cookie as `[name, value]`."""
    if len(holder) != 2 or not isinstance(holder[0], str) or not names(holder[0]):  # noqa: PLR2004 - a name and a value
        return 0
    holder[1] = FILTERED
    return 1


def _by_value(event: dict[str, Any], secrets: list[Secret]) -> int:
    found = 0
    waiting: list[Any] = [event]
    while waiting:
        holder = waiting.pop()
        members = list(holder.items()) if type(holder) is dict else list(enumerate(holder))
        for place, value in members:
            if type(value) is str:
                cleaned = clean(value, secrets) if len(value) >= _SHORTEST else value
                if cleaned != value:
                    holder[place] = cleaned
                    found += 1
            elif type(value) is dict or type(value) is list:
                waiting.append(value)
    return found
