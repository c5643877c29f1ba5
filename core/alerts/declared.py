"""The channels that are declared, by name: those that can be used, and why the others cannot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.alerts.channel import Channel, TransportError
from core.alerts.template import Wording
from core.errors import Category

HIDDEN: Final = "••••"
STATEFUL: Final = frozenset({"pagerduty"})


class UnusableChannelError(TransportError):
    """There is no such channel, or it cannot be used as it is declared."""

    code = "ML-ALERT-0022"
    category = Category.CONFIG


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """`severities` empty means all; `wording` replaces what is told otherwise.

    `send_resolved`: whether people hear that it is over.
    """

    channel: Channel
    severities: frozenset[str] = frozenset()
    wording: Wording = field(default_factory=Wording)
    timeout: float = 10.0
    send_resolved: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """`broken` says why by name; `secrets` are never to be seen in a row or a log line."""

    declared: Mapping[str, Declaration] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = frozenset()

    @property
    def stateful(self) -> frozenset[str]:
        """Those that keep what they were told open until they are told that it is over."""
        return frozenset(
            name
            for name, each in self.declared.items()
            if each.channel.kind in STATEFUL and each.send_resolved
        )

    @property
    def quiet(self) -> frozenset[str]:
        """Those that do not tell that it is over."""
        return frozenset(name for name, each in self.declared.items() if not each.send_resolved)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted({*self.declared, *self.broken}))

    def find(self, name: str) -> Declaration:
        found = self.declared.get(name)
        if found is not None:
            return found
        why = self.broken.get(name, f"there is none; declared are: {', '.join(self.names) or '-'}")
        raise UnusableChannelError(f"The channel {name} cannot be used: {why}", permanent=True)

    def masked(self, text: str) -> str:
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text
