"""Circuit breakers for other applications: leave to call, and reports of how the calls went."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from core.access.keys import hashed
from core.errors import InvalidInputError, NotFoundError
from core.intake import credentials
from core.intake.rejection import Reason
from core.resilience.breaker import BreakerOpenError, Breakers, Permit, Standing
from core.resilience.breaker.breakers import LOOK_AGAIN_SECONDS, LOOKS
from core.resilience.breaker.errors import TooManyBreakersError
from core.resilience.breaker.standing import OPENING
from web.intake.answers import Answer, plain
from web.intake.endpoints import read_small, summed
from web.intake.incoming import Incoming

MOST_PERMITS: Final = 100
LONGEST_REPORTER: Final = 200
_RETRY_AFTER: Final = b"retry-after"


class _Call(NamedTuple):
    """What one report tells a breaker."""

    permit: Permit | None
    ok: bool
    seconds: float
    times: int
    reporter: str


class BreakerEndpoints:
    def __init__(self, breakers: Breakers | None) -> None:
        self._given = breakers

    @property
    def _breakers(self) -> Breakers:
        if self._given is None:
            raise NotFoundError("there are no breakers here", reason=Reason.INVALID)
        return self._given

    async def acquire(self, incoming: Incoming) -> Answer:
        """200 either way: `permitted` tells whether to call."""
        arrival = await incoming.arrival(await incoming.project_of_sender())
        asked = read_small(incoming, arrival) if arrival.body.strip() else {}
        if not isinstance(asked, Mapping):
            raise _invalid("the body must be a JSON object")
        count, reporter, name = _count(asked), _reporter(incoming, asked), incoming.address.name
        owner = await _owner(incoming)
        given = await asyncio.to_thread(self._given_out, name, owner, count, reporter)
        if isinstance(given, BreakerOpenError):
            await self._in_effect(name)
            answer = self._refused(name, given)
        else:
            answer = self._granted(name, given, count)
        found = plain(answer)
        if not answer["permitted"]:
            wait = str(max(1, round(answer["retry_after"] + 0.5))).encode()
            found.headers.append((_RETRY_AFTER, wait))
        return found

    def _given_out(
        self, name: str, owner: int | None, count: int, reporter: str
    ) -> list[Permit] | BreakerOpenError:
        breakers, permits = self._breakers, list[Permit]()
        breakers.admit(name, owner)
        breakers.lend(name)
        try:
            while len(permits) < count:
                permits.append(breakers.acquire(name, reporter=reporter))
                if not permits[-1].lease:
                    break  # one serves all calls
        except BreakerOpenError as error:
            return permits or error
        return permits

    def _granted(self, name: str, permits: list[Permit], count: int) -> dict[str, Any]:
        """What is lent ends with this process's own lease: so an opening waits for it, too."""
        leased = bool(permits[0].lease)
        return {
            "name": name,
            "permitted": True,
            "state": "half_open" if leased else self._standing(name).state.shown,
            "permits": [str(permit) for permit in permits],
            "permit": str(permits[0]),
            "granted": len(permits) if leased else count,
            "valid_seconds": int(self._breakers.left(permits[0]) * 1000) / 1000,
        }

    def _refused(self, name: str, refusal: BreakerOpenError) -> dict[str, Any]:
        standing = self._standing(name)
        return {
            "name": name,
            "permitted": False,
            "state": standing.state.shown,
            "permits": [],
            "granted": 0,
            "retry_after": refusal.retry_after,
            "retry_at": standing.retry_at and standing.retry_at.isoformat(timespec="milliseconds"),
        }

    def _standing(self, name: str) -> Standing:
        return self._breakers.look([name], wait=False)[name]

    async def _in_effect(self, name: str) -> None:
        """An opening that is decided is told once it is one for everybody."""
        for _ in range(LOOKS):
            if self._standing(name).state not in OPENING:
                return
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            await asyncio.to_thread(self._breakers.sync, name)

    async def report(self, incoming: Incoming) -> Answer:
        """What a component's report is, and the breaker's window counts it, too.

        All that may be wrong is found before any of it is counted: who is refused sends it again.
        """
        arrival = await incoming.arrival(await incoming.project_of_sender())
        payload = read_small(incoming, arrival)
        deltas = summed(incoming, arrival, payload)
        reports = payload if isinstance(payload, list) else [payload]
        calls = await self._calls(incoming, reports) if self._given is not None else []
        await incoming.intake.report_components(deltas)
        answer: dict[str, Any] = {"accepted": len(reports)}
        if self._given is not None:
            answer["state"] = await self._told(incoming.address.name, calls) if calls else None
        return plain(answer)

    async def _calls(self, incoming: Incoming, reports: list[Any]) -> list[_Call]:
        """What the breaker is to count: nothing where there is none, and none too many."""
        name, owner = incoming.address.name, await _owner(incoming)
        calls = [_call(incoming, name, report) for report in reports]
        try:
            await asyncio.to_thread(self._breakers.admit, name, owner)
        except TooManyBreakersError:
            return []
        return calls

    async def _told(self, name: str, calls: list[_Call]) -> str:
        await asyncio.to_thread(self._reported, name, calls)
        await self._in_effect(name)
        return self._standing(name).state.shown

    def _reported(self, name: str, calls: list[_Call]) -> None:
        breakers = self._breakers
        for call in calls:
            breakers.report(
                breakers.permit(name) if call.permit is None else call.permit,
                ok=call.ok,
                seconds=call.seconds,
                calls=call.times,
                reporter=call.reporter,
            )
        if not all(call.ok for call in calls):
            breakers.sync(name)


def _call(incoming: Incoming, name: str, report: Mapping[str, Any]) -> _Call:
    """Of a report that is right as a component's. Without a permit it counts for what stands."""
    given = report.get("permit")
    permit = Permit.parse(name, given) if isinstance(given, str) else None
    if given is not None and permit is None:
        raise _invalid('the field "permit" must be as `acquire` gave it')
    return _Call(
        permit=permit,
        ok=str(report["outcome"]).lower() == "success",
        seconds=(report.get("duration_ms") or 0.0) / 1000,
        times=int(report.get("count") or 1),
        reporter=_reporter(incoming, report),
    )


def _count(asked: Mapping[str, Any]) -> int:
    count = asked.get("count", 1)
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST_PERMITS:
        raise _invalid(f'the field "count" must be a whole number from 1 to {MOST_PERMITS}')
    return count


def _reporter(incoming: Incoming, report: Any) -> str:
    """The node that calls: as it names itself, else by its address."""
    given = report.get("reporter") if isinstance(report, Mapping) else None
    if given is not None and (not isinstance(given, str) or not 0 < len(given) <= LONGEST_REPORTER):
        raise _invalid(f'the field "reporter" must be a text of 1 to {LONGEST_REPORTER} characters')
    client = incoming.scope.get("client")
    return given or (f"address:{client[0]}" if client else "unknown")


async def _owner(incoming: Incoming) -> int | None:
    """Whose breaker it becomes: nobody's alone with a key of the whole platform."""
    if incoming.shown_key() is None and not incoming.address.key:
        text = incoming.headers.get(b"authorization", b"").decode("latin-1")
        token = credentials.bearer(text)
        found = await incoming.intake.keys.token_of(hashed(token)) if token else None
        if found is not None and found.project_id is None:
            return None
    return incoming.project_id


def _invalid(what: str) -> InvalidInputError:
    return InvalidInputError(what, reason=Reason.INVALID)
