"""The state of a miner as plain values: what a file holds, and what two miners exchange."""

from typing import Any, Final

from core.analysis.patterns.miner import Miner
from core.analysis.patterns.pattern import VERSION, Pattern

_FIELDS: Final = ("pattern_id", "form", "gaps", "opened", "count", "born", "seen")


class UnknownStateError(ValueError):
    """The state is of another version, or none at all."""


def state(miner: Miner) -> dict[str, Any]:
    return {
        "version": VERSION,
        "patterns": [_plain(pattern) for pattern in miner.patterns],
        "aliases": dict(sorted(miner.aliases.items())),
    }


def restore(content: Any) -> Miner:
    try:
        if content["version"] != VERSION:
            raise UnknownStateError(f"version {content['version']}, not {VERSION}")
        return Miner(map(_pattern, content["patterns"]), content["aliases"])
    except (KeyError, TypeError, AttributeError) as error:
        raise UnknownStateError(f"not a state: {error!r}") from error


def _plain(pattern: Pattern) -> dict[str, Any]:
    values = {name: getattr(pattern, name) for name in _FIELDS}
    return values | {"opened": sorted(pattern.opened)}


def _pattern(content: Any) -> Pattern:
    values = {name: content[name] for name in _FIELDS}
    return Pattern(
        **values | {"form": tuple(values["form"]), "opened": frozenset(values["opened"])}
    )
