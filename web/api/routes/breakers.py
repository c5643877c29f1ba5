"""Circuit breakers for operators: how they stand, how they came to it, and what is forced on them.

Applications ask and report at `…/acquire` and `…/report`, which intake answers.
"""

import threading
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from sqlalchemy.orm import Session

from config.resilience import LEDGER
from core.access.audit import Actor
from core.maintenance import breaking
from core.maintenance.breaking import Desk, Wish
from core.resilience.breaker import State
from core.resilience.breaker.keeper import LONGEST_NAME
from core.resilience.breaker.standing import OPENING
from core.store import breakers
from core.store.engine import after_commit
from web.api.acting import Act, Acting
from web.api.auth import AsOperator, Reader
from web.api.listing import Listed
from web.api.schemas.breakers import BreakerSet, BreakerShown, Force, Reset, TransitionShown
from web.api.services import Provided, Services

router = APIRouter(prefix="/breakers", tags=["breakers"])


# Each holds two connections for a while; were they all held by first ones, none would get further.
AT_ONCE: Final = threading.BoundedSemaphore(5)
Name = Annotated[str, Path(min_length=1, max_length=LONGEST_NAME)]
# What a list may be asked for, and the states of rows behind it.
SHOWN: Final = {
    "open": (State.OPEN, State.FORCED_OPEN),
    "half_open": (State.HALF_OPEN,),
    "closed": (State.CLOSED, State.FORCED_CLOSED, *OPENING),
}
InState = Annotated[
    str | None, Query(pattern="^(open|half_open|closed)$", description="In this state only.")
]


@router.get("", summary="Breakers, newest first")
def list_breakers(
    services: Provided, who: Reader, ask: Listed, state: InState = None
) -> list[BreakerShown]:
    states = SHOWN[state] if state else ()
    with services.database.transaction() as session:
        page = breakers.page(
            session, states=states, only=who.project_id, cursor=ask.cursor, limit=ask.limit
        )
        return [BreakerShown.of(row, services.breakers.book) for row in ask.link(page)]


@router.get("/{name}", summary="One breaker with the settings in effect")
def get_breaker(name: Name, services: Provided, who: Reader) -> BreakerShown:
    with services.database.transaction() as session:
        return BreakerShown.of(
            breaking.visible(session, name, only=who.project_id), services.breakers.book
        )


@router.get(
    "/{name}/history",
    response_model=list[TransitionShown],
    summary="Its changes of state, newest first, each with what was counted",
)
def list_transitions(name: Name, services: Provided, who: Reader, ask: Listed) -> Sequence[Any]:
    with services.database.transaction() as session:
        breaking.visible(session, name, only=who.project_id)
        return ask.link(breakers.history(session, name, cursor=ask.cursor, limit=ask.limit))


@router.post("/{name}/open", summary="Let no call through, whatever is counted")
def open_breaker(
    name: Name, services: Provided, actor: AsOperator, act: Acting, body: Force | None = None
) -> BreakerShown:
    now, wanted = services.clock.now(), body or Force()
    wish = Wish(name, State.FORCED_OPEN, wanted.reason, wanted.until(now))
    return _once(act, services, wish, actor, now)


@router.post("/{name}/close", summary="Let every call through, whatever is counted")
def close_breaker(
    name: Name, services: Provided, actor: AsOperator, act: Acting, body: Force | None = None
) -> BreakerShown:
    now, wanted = services.clock.now(), body or Force()
    wish = Wish(name, State.FORCED_CLOSED, wanted.reason, wanted.until(now))
    return _once(act, services, wish, actor, now)


@router.post("/{name}/reset", summary="Closed, with an empty window; it counts again")
def reset_breaker(
    name: Name, services: Provided, actor: AsOperator, act: Acting, body: Reset | None = None
) -> BreakerShown:
    now, wanted = services.clock.now(), body or Reset()
    return _once(act, services, Wish(name, State.CLOSED, wanted.reason), actor, now)


@router.patch("/{name}", summary="Settings of this breaker alone")
def set_breaker(
    name: Name, body: BreakerSet, services: Provided, actor: AsOperator
) -> BreakerShown:
    book = services.breakers.book
    with services.database.transaction() as session:
        row = breaking.adjust(
            session,
            name,
            body.values(),
            actor,
            desk=Desk(book, LEDGER),
            now=services.clock.now(),
        )
        after_commit(session, lambda: services.breakers.refresh(name))
        return BreakerShown.of(row, book)


def _once(act: Act, services: Services, wish: Wish, actor: Actor, now: datetime) -> BreakerShown:
    with AT_ONCE:
        return act.once(BreakerShown, _forced(services, wish, actor, now))


def _forced(services: Services, wish: Wish, actor: Actor, now: datetime) -> Any:
    """The wish is written before its answer is: that waits until it is in effect everywhere."""
    known = services.breakers.look([wish.name]).get(wish.name)
    book = services.breakers.book

    def force(session: Session) -> BreakerShown:
        desk = Desk(book, LEDGER)
        with services.database.transaction() as writing:
            breaking.force(writing, wish, actor, desk=desk, now=now, known=known)
        services.breakers.refresh(wish.name)
        services.breakers.in_effect(wish.name, time.sleep)
        return BreakerShown.of(breaking.get(session, wish.name), book)

    return force
