"""The breakers as one process uses them: leave to call, reports of how it went, and a look."""

from collections.abc import Callable, Collection, Mapping
from random import Random
from typing import Final

from core.clock import Clock
from core.errors import ForbiddenError
from core.resilience.breaker import transition
from core.resilience.breaker.chronicle import Chronicle
from core.resilience.breaker.copy import Copy
from core.resilience.breaker.errors import BreakerOpenError
from core.resilience.breaker.keeper import (
    AGREE_SECONDS,
    HELD_SECONDS,
    LEASE_SECONDS,
    Keeper,
    Listeners,
)
from core.resilience.breaker.permit import Permit
from core.resilience.breaker.settings import BreakerSettings, Mode, SettingsBook
from core.resilience.breaker.shared import SharedBreakers
from core.resilience.breaker.standing import FORCED_SHUT, OPENING, SHUT, Standing, State
from core.resilience.breaker.transition import Tally

# Who looks sees nothing older than this.
STALE_SECONDS: Final = 1.0
# A copy in use is renewed when it is older, well before it may no longer be acted on.
RENEW_SECONDS: Final = 0.15
# A copy that is too old as soon as it has come is asked for anew so often.
TRIES: Final = 3
# An opening takes effect within a little more than a lease, by looks so far apart.
LOOKS: Final = 40
LOOK_AGAIN_SECONDS: Final = 0.05
# Failures are told at once, but not more often than this.
TELL_SECONDS: Final = 0.02
PROBES_GONE_SECONDS: Final = 0.05
IDLE_SECONDS: Final = 600.0
LEAST_WAIT: Final = 0.05
MOST_WANTED: Final = 1_000
SEVERITY: Final = {"closed": 0, "half_open": 1, "open": 2}


class Breakers:
    """One a process. `reporter` names the node: processes of one host are one reporter.

    `handover`: seconds that an opening waits for other processes to have heard of it.
    """

    def __init__(
        self,
        shared: SharedBreakers,
        chronicle: Chronicle,
        *,
        book: SettingsBook,
        clock: Clock,
        reporter: str,
        listeners: Listeners | None = None,
        handover: float = LEASE_SECONDS,
    ) -> None:
        self._keeper = Keeper(
            shared,
            chronicle,
            book=book,
            clock=clock,
            reporter=reporter,
            listeners=listeners or Listeners(),
            handover=handover,
        )
        self._copies = self._keeper.copies
        self._clock = clock
        self._reporter = reporter
        self._wanted: set[str] = set()
        self._rand = Random()  # noqa: S311 (spreads a ramp; nothing secret hangs on it)

    @property
    def book(self) -> SettingsBook:
        return self._keeper.book

    def acquire(self, name: str, *, reporter: str = "") -> Permit:
        """Raises `BreakerOpenError` with `retry_after` while no call may be made."""
        permit = self.quick(name, reporter=reporter)
        if permit is None:
            permit = self._consider(self._copy(name), reporter, may_wait=True)
        assert permit is not None  # only without waiting it may be
        return permit

    def quick(self, name: str, *, reporter: str = "") -> Permit | None:
        """The same without any waiting; none where `acquire` has to be asked."""
        copy = self._copies.get(name)
        if copy is None:
            return None
        copy.used_at = at = self._clock.monotonic()
        if at >= copy.leased_until:
            return None
        return copy.permit if copy.free else self._consider(copy, reporter, may_wait=False)

    def left(self, permit: Permit) -> float:
        """Seconds for which calls may still begin under it; of a probe until it is lost."""
        copy = self._copies.get(permit.name) or self._copy(permit.name)
        if permit.lease:
            return copy.settings.timeout
        if permit.version != copy.permit.version:
            return 0.0
        return max(copy.leased_until - self._clock.monotonic(), 0.0)

    def holds(self, permit: Permit) -> bool:
        """Whether a call may begin under it now."""
        return self.left(permit) > 0

    def lend(self, name: str) -> None:
        """Renews a copy of which little time is left: others are to act on it, too."""
        copy = self._copy(name)
        at = self._clock.monotonic()
        if copy.leased_until - at < HELD_SECONDS / 2:
            self._keeper.renew(copy, at)

    def report(
        self, permit: Permit, *, ok: bool, seconds: float, calls: int = 1, reporter: str = ""
    ) -> None:
        """How the call went. What was begun under another version counts no more."""
        if permit.lease:
            copy = self._copy(permit.name)
            self._keeper.settle(copy, permit, passed=ok and seconds <= copy.settings.timeout)
        elif self.note(permit, ok=ok, seconds=seconds, calls=calls, reporter=reporter):
            self.tell(permit.name)

    def note(
        self, permit: Permit, *, ok: bool, seconds: float, calls: int = 1, reporter: str = ""
    ) -> bool:
        """Counts a call that was no probe; whether it is bad enough to `tell` now."""
        copy = self._copies.get(permit.name) or self._copy(permit.name)
        slow = seconds > copy.settings.timeout
        if permit.version != copy.permit.version:
            return False
        if reporter and reporter != self._reporter:
            copy.count_for(Tally(reporter, calls, 0 if ok else calls, calls if slow else 0))
        else:
            copy.count(ok=ok, slow=slow, calls=calls)
        return (not ok or slow) and self._clock.monotonic() - copy.seen_at > TELL_SECONDS

    def tell(self, name: str) -> None:
        """What was counted, unless somebody is telling it already."""
        self._keeper.exchange(self._copy(name), wait=False)

    def abandon(self, permit: Permit) -> None:
        """A call that was never made, or ended before it could say anything."""
        if permit.lease:
            self._keeper.settle(self._copy(permit.name), permit, passed=None)

    def permit(self, name: str) -> Permit:
        """What a call is counted under that never asked for leave."""
        return self._copy(name).permit

    def sync(self, name: str) -> Standing:
        """Tells what was counted and sees what stands, now."""
        copy = self._copy(name)
        self._keeper.exchange(copy)
        assert copy.standing is not None
        return copy.standing

    def in_effect(self, name: str, rest: Callable[[float], object]) -> Standing:
        """Once an opening that is decided has come to pass, a lease later at most."""
        for _ in range(LOOKS):
            standing = self.sync(name)
            if standing.state not in OPENING:
                break
            rest(LOOK_AGAIN_SECONDS)
        return standing

    def look(self, names: Collection[str], *, wait: bool = True) -> Mapping[str, Standing]:
        """How those stand that there are, by a copy at most a second old.

        Without `wait` a copy of any age answers; one that is missing is made by who tends them.
        """
        at = self._clock.monotonic()
        missing = [name for name in names if name not in self._copies]
        if wait:
            self._keeper.load(missing)
        elif missing and len(self._wanted) < MOST_WANTED:
            self._wanted.update(missing)
        found = {}
        for name in names:
            copy = self._copies.get(name)
            if copy is None:
                continue
            copy.used_at = at
            if wait and at - copy.seen_at > STALE_SECONDS:
                self._keeper.renew(copy, at)
            if copy.standing is not None:
                found[name] = copy.standing
        if not wait:
            self._keeper.listeners.used()
        return found

    def behind(self, components: Collection[str]) -> Mapping[str, Standing]:
        """By component the worst of its breakers; one that refuses nothing is in nobody's way."""
        names = {component: self.book.of_component(component) for component in components}
        standings = self.look([name for each in names.values() for name in each])
        found = {}
        for component, own in names.items():
            known = [standings[name] for name in own if name in standings]
            enforced = [each for each in known if self._enforces(each.name)]
            if enforced:
                found[component] = max(enforced, key=lambda each: SEVERITY[each.state.shown])
        return found

    def _enforces(self, name: str) -> bool:
        copy = self._copies.get(name)
        return copy is not None and copy.settings.mode is Mode.ENFORCE

    def settings(self, name: str) -> BreakerSettings:
        """Those in effect."""
        return self._copy(name).settings

    def tallies(self, name: str) -> tuple[Tally, ...]:
        """What the window holds, by reporter."""
        return self._copy(name).tallies

    def admit(self, name: str, project_id: int | None) -> None:
        """A project's application uses its own breakers, and everybody's."""
        copy = self._copies.get(name) or self._keeper.begin(name, project_id)
        if copy.project_id is not None and project_id not in {None, copy.project_id}:
            raise ForbiddenError("This breaker belongs to another project; choose another name.")

    def refresh(self, name: str) -> None:
        """After an operator has written the row: here and in the shared state, at once."""
        copy = self._copies.get(name) or self._keeper.begin(name)
        self._keeper.agree(copy)
        self._keeper.exchange(copy)
        self._keeper.listeners.used()

    def tend(self, changed: Collection[str] = ()) -> bool:
        """Renews the copies in use, at once those that are said to have changed; was any in use?"""
        at, busy = self._clock.monotonic(), bool(self._wanted)
        wanted, self._wanted = self._wanted, set()
        self._keeper.load(wanted)
        for name, copy in list(self._copies.items()):
            recent = at - copy.used_at < AGREE_SECONDS
            busy = busy or recent or copy.has_counted or copy.is_opening
            old = at - copy.seen_at > RENEW_SECONDS
            if name in changed or copy.is_opening or (old and (copy.has_counted or recent)):
                self._keeper.exchange(copy)
            if recent and at - copy.agreed_at > AGREE_SECONDS:
                self._keeper.agree(copy)
            if max(copy.used_at, copy.seen_at) < at - IDLE_SECONDS:
                self._copies.pop(name, None)
        return busy

    def flush(self) -> None:
        """Before the process ends."""
        for copy in list(self._copies.values()):
            if copy.has_counted:
                self._keeper.exchange(copy)

    def _copy(self, name: str) -> Copy:
        copy = self._copies.get(name) or self._keeper.begin(name)
        self._keeper.listeners.used()
        for _ in range(TRIES):
            copy.used_at = at = self._clock.monotonic()
            if at < copy.leased_until:
                return copy
            self._keeper.renew(copy, at)
        if self._clock.monotonic() >= copy.leased_until:
            self._keeper.give_up(copy)
        return copy

    def _consider(self, copy: Copy, reporter: str, *, may_wait: bool) -> Permit | None:
        at, standing = self._clock.monotonic(), copy.standing
        assert standing is not None
        alone = copy.isolation(reporter or self._reporter, at)
        if alone > 0 and standing.state not in SHUT:
            raise self._refusal(copy, alone)
        if standing.retry_at is not None and copy.left(standing.retry_at, at) <= 0:
            if not may_wait:
                return None
            standing = self._keeper.pass_on(copy, standing, at)
        if standing.state is State.HALF_OPEN:
            return self._probe(copy, standing, at, may_wait=may_wait)
        watched = copy.settings.mode is Mode.METRICS and standing.state not in FORCED_SHUT
        if watched or standing.state is State.FORCED_CLOSED:
            return copy.permit
        if standing.state is State.CLOSED:
            return self._ramped(copy, standing, at)
        wait = copy.left(standing.retry_at, at) if standing.retry_at else AGREE_SECONDS
        raise self._refusal(copy, wait)

    def _probe(self, copy: Copy, standing: Standing, at: float, *, may_wait: bool) -> Permit | None:
        if copy.probes_gone_until <= at:
            if not may_wait:
                return None
            lease = self._keeper.lease(copy, standing)
            if lease is not None:
                return Permit(copy.name, standing.version, lease)
            copy.probes_gone_until = at + PROBES_GONE_SECONDS
        if copy.settings.mode is Mode.METRICS:
            return copy.permit
        raise self._refusal(copy, min(copy.settings.timeout, 1.0))

    def _ramped(self, copy: Copy, standing: Standing, at: float) -> Permit:
        part = transition.share(standing, copy.settings, copy.now(at))
        if part >= 1.0:
            copy.stand(standing, at)
        if self._rand.random() < part:
            return copy.permit
        raise self._refusal(copy, 1.0)

    def _refusal(self, copy: Copy, wait: float) -> BreakerOpenError:
        with copy.counting:
            copy.refused += 1
        return BreakerOpenError(
            f"The circuit breaker {copy.name} is open.",
            retry_after=round(max(wait, LEAST_WAIT), 3),
            breaker=copy.name,
        )
