"""What each intake endpoint does with a request; failures are raised and answered by the app."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any, Final

import orjson
import structlog

from core.analysis.failing import PURE_FAILURES
from core.errors import InvalidInputError, MendlineError, RateLimitedError, TooLargeError
from core.intake import components, credentials, document, envelope, rest
from core.intake.compression import beginning, decompress
from core.intake.item import Encoding, InboxItem
from core.intake.limits import Limits
from core.intake.pressure import RETRY_AFTER
from core.intake.rejection import Reason
from core.intake.submission import (
    Arrival,
    Submission,
    from_envelope,
    from_report,
    from_reports,
    from_store,
    report_document,
)
from core.recovery.adviser import NO_ADVICE, Reported
from core.store.components import Delta, Slot
from web.intake.answers import Answer, ok, plain
from web.intake.incoming import Incoming, bad_project, wrong_project

# What to do about each of the errors that came with a request.
Advise = Callable[[Sequence[Reported]], Awaitable[Sequence[Mapping[str, Any]]]]
Parse = Callable[[Arrival, Limits], Submission]

_SMALL: Final = 32 * 1024  # larger bodies are unpacked beside the event loop
_SMALL_UNPACKED: Final = 256 * 1024  # and so are small ones that turn out to be larger than this
_PORTION: Final = 256 * 1024
_LONGEST_HEADER: Final = 64 * 1024  # of an envelope; those of SDKs have less than a thousand

log = structlog.get_logger()


async def envelope_endpoint(incoming: Incoming) -> Answer:
    key = incoming.shown_key()
    if key is None:
        return await _by_tunnel(incoming)
    arrival = await incoming.arrival(await _checked_project(incoming, key))
    return await _sentry(incoming, arrival, from_envelope)


async def _by_tunnel(incoming: Incoming) -> Answer:
    """The key stands in the envelope's header only, so the body has to be read first; of what it
    unpacks to no more than the header, as anybody may send it.
    """
    arrival = await incoming.arrival(0)
    head = beginning(arrival.encoding, arrival.body, most=_LONGEST_HEADER)
    dsn = envelope.parse_header(head)[0].dsn
    found = credentials.parse_dsn(dsn) if isinstance(dsn, str) else None
    project = await _checked_project(incoming, found.public_key if found else None)
    return await _sentry(incoming, arrival._replace(project_id=project), from_envelope)


async def store_endpoint(incoming: Incoming) -> Answer:
    arrival = await incoming.arrival(await _checked_project(incoming, incoming.shown_key()))
    return await _sentry(incoming, arrival, from_store)


async def _checked_project(incoming: Incoming, key: str | None) -> int:
    named = credentials.project_id(incoming.address.project)
    if named is None:
        raise bad_project()
    project = await incoming.project_of(key)
    if project != named:
        raise wrong_project()
    return project


async def _sentry(incoming: Incoming, arrival: Arrival, parse: Parse) -> Answer:
    submission = await _parsed(incoming, arrival, parse)
    await _accept(incoming, submission)
    identity = submission.event_id
    return ok(b"{}" if identity is None else b'{"id":"%b"}' % identity.hex.encode())


async def _parsed(incoming: Incoming, arrival: Arrival, parse: Parse) -> Submission:
    """A small body is read at once; a large one in a thread, so that nobody waits for it."""
    limits = incoming.intake.limits
    if len(arrival.body) <= _SMALL:
        if arrival.encoding is Encoding.IDENTITY:
            return parse(arrival, limits)
        with suppress(TooLargeError):
            return parse(arrival, _at_once(limits))
    return await asyncio.to_thread(parse, arrival, limits)


@cache
def _at_once(limits: Limits) -> Limits:
    return replace(limits, decompressed=min(limits.decompressed, _SMALL_UNPACKED))


async def _accept(incoming: Incoming, submission: Submission) -> None:
    """The books first for what is not taken, then the inbox; durable when it returns."""
    intake, project = incoming.intake, incoming.project_id
    if submission.items:
        incoming.brought = len(submission.items)
        retry_after = intake.pressure.retry_after
        if retry_after is not None:
            raise RateLimitedError(
                "too many events wait for analysis",
                retry_after=retry_after,
                reason=Reason.INBOX_FULL,
            )
        await _store(incoming, submission)
    for kind, count in submission.skipped.items():
        intake.tally.skipped(kind, project or 0, count)
    for reason, count in submission.rejected.items():
        intake.tally.rejected(reason, project, count)


async def _store(incoming: Incoming, submission: Submission) -> None:
    """Requests that shared a write share its error: nothing of one of them may go into it."""
    try:
        await incoming.intake.accept(submission.items)
    except MendlineError as error:
        error.context.setdefault("reason", Reason.UNAVAILABLE)
        raise


class Reports:
    """`POST /api/errors` and its batch: the answer tells what to do about each error."""

    def __init__(self, advise: Advise) -> None:
        self._advise = advise

    async def one(self, incoming: Incoming) -> Answer:
        submission = await self._taken(incoming, from_report)
        return plain((await self._answers(submission))[0])

    async def batch(self, incoming: Incoming) -> Answer:
        return plain(await self._answers(await self._taken(incoming, from_reports, many=True)))

    async def _taken(self, incoming: Incoming, parse: Parse, *, many: bool = False) -> Submission:
        arrival = await incoming.arrival(await incoming.project_of_sender())
        submission = await _parsed(incoming, arrival, parse)
        if many and incoming.intake.pressure.memory_short:
            raise RateLimitedError(
                "the host is short of memory; send errors one by one",
                retry_after=RETRY_AFTER,
                reason=Reason.MEMORY_SHORT,
                count=len(submission.items),
            )
        await _accept(incoming, submission)
        return submission

    async def _answers(self, submission: Submission) -> list[dict[str, Any]]:
        advised = await self._advised(submission)
        return [
            {"processed": True, "error_id": item.event_id.hex, "recovery_action": advice}
            for item, advice in zip(submission.items, advised, strict=True)
        ]

    async def _advised(self, submission: Submission) -> Sequence[Mapping[str, Any]]:
        advised: list[Mapping[str, Any]] = []
        for portion in _portions(submission.items):
            if advised:
                await asyncio.sleep(0)  # others are to be served between two portions
            advised += await self._portion(portion)
        return advised

    async def _portion(self, portion: Sequence[InboxItem]) -> Sequence[Mapping[str, Any]]:
        try:
            return await self._advise([_reported(item) for item in portion])
        except PURE_FAILURES:
            log.exception("intake.advice_failed")
            return [NO_ADVICE for _ in portion]


def _portions(items: Sequence[InboxItem]) -> Iterator[list[InboxItem]]:
    """Reports to be values at the same time: as such they may take thirty times their text."""
    portion: list[InboxItem] = []
    size = 0
    for item in items:
        portion.append(item)
        size += len(report_document(item))
        if size > _PORTION:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _reported(item: InboxItem) -> Reported:
    report = orjson.loads(report_document(item))
    return Reported(rest.to_event(report), item.event_id.hex, item.project_id, rest.attempt(report))


async def component_endpoint(incoming: Incoming) -> Answer:
    """What a component reports of itself, counted by the minute."""
    arrival = await incoming.arrival(await incoming.project_of_sender())
    payload = read_small(incoming, arrival)
    await incoming.intake.report_components(summed(incoming, arrival, payload))
    return plain({"accepted": len(payload) if isinstance(payload, list) else 1})


def read_small(incoming: Incoming, arrival: Arrival) -> Any:
    data = decompress(arrival.encoding, arrival.body, cap=incoming.intake.limits.event)
    return document.load(data).value


def summed(incoming: Incoming, arrival: Arrival, payload: Any) -> list[tuple[Slot, Delta]]:
    """What the reports of the body add to the minute roll-ups."""
    if payload == []:
        raise InvalidInputError("there is no report in the body", reason=Reason.INVALID)
    return components.deltas(
        arrival.project_id,
        incoming.address.name,
        payload,
        received_at=arrival.received_at,
        skew=timedelta(seconds=incoming.intake.limits.clock_skew_seconds),
    )
