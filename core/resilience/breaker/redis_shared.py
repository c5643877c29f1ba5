"""What is shared of breakers, in Redis; it may be emptied, and is filled again from rows."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import redis

from core.resilience.breaker import scripts
from core.resilience.breaker.errors import BreakerStateUnavailableError
from core.resilience.breaker.settings import BreakerSettings
from core.resilience.breaker.shared import Batch, Seen
from core.resilience.breaker.standing import Standing, State
from core.resilience.breaker.transition import Probes, Tally

PREFIX: Final = "mendline:breaker"
CHANNEL: Final = "mendline:breakers"
_PARTS: Final = ("standing", "time", "count", "probes", "isolated")


class RedisBreakers:
    """`SharedBreakers` by one Lua script each. A changed standing is told on `CHANNEL`."""

    def __init__(self, client: "redis.Redis") -> None:
        self._exchange = client.register_script(scripts.EXCHANGE)
        self._install = client.register_script(scripts.INSTALL)
        self._written = client.register_script(scripts.WRITTEN)
        self._lease = client.register_script(scripts.LEASE)
        self._settle = client.register_script(scripts.SETTLE)
        self._isolate = client.register_script(scripts.ISOLATE)

    def exchange(self, batch: Batch, settings: BreakerSettings) -> Seen:
        tally, name = batch.tally, batch.name
        now, *rest = _run(
            self._exchange,
            name,
            batch.version,
            tally.reporter,
            tally.calls,
            tally.failures,
            tally.slow,
            settings.window.value,
            int(settings.window_seconds * 1000),
            settings.window_calls,
        )
        if not rest:
            return Seen(_moment(now), None)
        known, tallies, probes, isolated = rest
        return Seen(
            now=_moment(now),
            standing=_standing(name, known),
            tallies=[Tally(_text(who), *map(int, counts)) for who, *counts in tallies],
            probes=Probes(*map(int, probes)),
            unwritten=bool(known[7]),
            isolated={_text(who): _moment(until) for who, until in pairs(isolated)},
            placed=_moment(known[8]) if known[8] else None,
        )

    def install(self, standing: Standing, *, unwritten: bool = False) -> Standing:
        found = _run(
            self._install,
            standing.name,
            standing.version,
            standing.state.value,
            _milliseconds(standing.since),
            _milliseconds(standing.retry_at),
            standing.openings,
            _milliseconds(standing.ramp_until),
            standing.reason,
            "yes" if unwritten else "",
            CHANNEL,
            standing.name,
        )
        return _standing(standing.name, found)

    def written(self, standing: Standing) -> None:
        _run(self._written, standing.name, standing.version)

    def lease(self, standing: Standing, settings: BreakerSettings) -> str | None:
        lease, length = secrets.token_hex(8), int(settings.timeout * 1000)
        limits = (standing.version, settings.probes, length)
        return lease if _run(self._lease, standing.name, *limits, lease) else None

    def settle(self, name: str, version: int, lease: str, *, passed: bool | None) -> None:
        how = "" if passed is None else "p" if passed else "f"
        _run(self._settle, name, version, lease, how)

    def isolate(self, name: str, reporter: str, *, seconds: float) -> datetime:
        return _moment(_run(self._isolate, name, reporter, int(seconds * 1000)))


def keys(name: str) -> list[str]:
    return [f"{PREFIX}:{{{name}}}:{part}" for part in _PARTS]


def _run(script: Any, name: str, *arguments: Any) -> Any:
    try:
        return script(keys=keys(name), args=arguments)
    except redis.RedisError as error:
        raise BreakerStateUnavailableError(str(error)) from error


def _standing(name: str, found: Sequence[Any]) -> Standing:
    version, state, since, retry, openings, ramp, reason = map(_text, found[:7])
    return Standing(
        name=name,
        state=State(state),
        version=int(version),
        since=_moment(since),
        retry_at=_moment(retry) if retry else None,
        openings=int(openings),
        ramp_until=_moment(ramp) if ramp else None,
        reason=reason,
    )


def pairs(flat: Sequence[Any]) -> Iterable[tuple[Any, Any]]:
    """Keys and values of a hash, as a script answers with them."""
    return zip(flat[::2], flat[1::2], strict=True)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _moment(milliseconds: Any) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)


def _milliseconds(moment: datetime | None) -> str:
    return "" if moment is None else str(round(moment.timestamp() * 1000))
