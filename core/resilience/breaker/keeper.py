"""Keeps the copies of one process in step with what is shared, and with the rows behind it."""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog

from core.clock import Clock
from core.errors import DatabaseUnavailableError
from core.resilience.breaker import transition
from core.resilience.breaker.chronicle import Chronicle, NoChronicle, Recorded
from core.resilience.breaker.circuit import Circuit
from core.resilience.breaker.copy import NEVER, Copy
from core.resilience.breaker.errors import BreakerNameError, BreakerStateUnavailableError
from core.resilience.breaker.memory import MemoryBreakers
from core.resilience.breaker.permit import Permit
from core.resilience.breaker.settings import Mode, SettingsBook
from core.resilience.breaker.shared import Batch, Seen, SharedBreakers
from core.resilience.breaker.standing import OPENING, Standing, State
from core.resilience.breaker.transition import Tally

log = structlog.get_logger()

LONGEST_NAME: Final = 200
# With rows each copy in use is compared so often; a name without a row is asked for so often.
AGREE_SECONDS: Final = 5.0
# After a failure the shared state is left alone for so long, and so are the rows.
AWAY_SECONDS: Final = 1.0
# A process acts on its copy for so long after it asked, ...
HELD_SECONDS: Final = 0.4
# ... and an opening waits for so long: in between is what a call may need to begin.
LEASE_SECONDS: Final = 0.5
# Alone a process looks at the rows so often.
LOOK_SECONDS: Final = 0.2


def _nothing(*_: Any) -> None:
    return


@dataclass(frozen=True, slots=True)
class Listeners:
    """`counted` gets a name, its calls and how many were refused; `changed` old and new standing.

    `used` hears of every use of a copy that had to be looked at.
    """

    counted: Callable[[str, Tally, int], None] = _nothing
    changed: Callable[[Standing, Standing], None] = _nothing
    used: Callable[[], None] = _nothing


class Keeper:
    """While the shared state is away every process goes on alone from what it knew last."""

    def __init__(
        self,
        shared: SharedBreakers,
        chronicle: Chronicle,
        *,
        book: SettingsBook,
        clock: Clock,
        reporter: str,
        listeners: Listeners,
        handover: float,
    ) -> None:
        self.book = book
        self.clock = clock
        self.reporter = reporter
        self.listeners = listeners
        self.copies: dict[str, Copy] = {}
        self._chronicle = chronicle
        self._together = Circuit(shared, chronicle, listeners.changed)
        self._memory = MemoryBreakers(clock)
        self._alone = Circuit(self._memory, NoChronicle())
        self._beginning = threading.Lock()
        self._absent: dict[str, float] = {}
        self._handover = handover
        self._away_until = NEVER
        self._rows_away_until = NEVER
        self._apart = False

    @property
    def is_alone(self) -> bool:
        return self.clock.monotonic() < self._away_until

    def begin(self, name: str, project_id: int | None = None) -> Copy:
        """The copy of this name, made on first use; the row with it."""
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise BreakerNameError
        with self._beginning:
            copy = self.copies.get(name)
            if copy is None:
                copy = Copy(
                    name, self.reporter, self.book.of(name), Permit(name, 0), project_id=project_id
                )
                self.agree(copy)
                self.exchange(copy)
                if copy.agreed_at == NEVER:
                    self.agree(copy)
                self.copies[name] = copy
        return copy

    def load(self, names: Collection[str]) -> None:
        """Makes copies of those of these that have a row."""
        at = self.clock.monotonic()
        missing = [name for name in names if name not in self.copies]
        asked = [name for name in missing if at - self._absent.get(name, NEVER) > AGREE_SECONDS]
        if not asked:
            return
        try:
            found = self._chronicle.recall(asked)
        except DatabaseUnavailableError as error:
            log.debug("breaker.rows_unknown", error=str(error))
            found = {}
        recent = {name: then for name, then in self._absent.items() if at - then <= AGREE_SECONDS}
        self._absent = recent | {name: at for name in asked if name not in found}
        for name in found:
            self.begin(name)

    def agree(self, copy: Copy) -> None:
        """With the row: a store may be emptied, or go back to what it was."""
        asked = self.clock.monotonic()
        if asked < self._rows_away_until:
            return
        try:
            row = self._chronicle.recall([copy.name]).get(copy.name)
        except DatabaseUnavailableError as error:
            log.debug("breaker.rows_unknown", error=str(error))
            self._rows_away_until = self.clock.monotonic() + AWAY_SECONDS
            return
        if row is not None:
            copy.agreed_at = asked
            self._take_over(copy, row)

    def _take_over(self, copy: Copy, row: Recorded) -> None:
        copy.project_id = row.project_id
        if row.own != copy.own:
            copy.own, copy.settings = row.own, self.book.of(copy.name, row.own)
        if copy.known is None or row.standing.version > copy.known.version:
            copy.know(row.standing, self.clock.monotonic())
            self._memory.forget(copy.name)
            if copy.standing is not None:
                copy.stand(row.standing, self.clock.monotonic())

    def exchange(self, copy: Copy, *, wait: bool = True) -> None:
        """Tells what was counted and sees what stands; without `wait` not beside another one."""
        if not copy.exchanging.acquire(blocking=wait):
            return
        try:
            tallies, refused = copy.take()
            for place, tally in enumerate(tallies):
                if tally.calls or (refused and place == len(tallies) - 1):
                    own = tally.reporter == self.reporter
                    self.listeners.counted(copy.name, tally, refused if own else 0)
            version = copy.permit.version
            for tally in tallies:
                if tally.calls or tally is tallies[-1]:
                    self._tell(copy, Batch(copy.name, version, tally))
        finally:
            copy.exchanging.release()

    def renew(self, copy: Copy, at: float) -> None:
        """Unless somebody has done so since this moment: many may find the same copy too old."""
        with copy.exchanging:
            if copy.seen_at < at:
                self.exchange(copy)

    def give_up(self, copy: Copy) -> None:
        """What is shared answers too late to act on: as good as away."""
        self._lost(BreakerStateUnavailableError("Answers come later than they may be acted on."))
        self._rows_away_until = self.clock.monotonic() + AWAY_SECONDS
        self.exchange(copy)

    def _tell(self, copy: Copy, batch: Batch) -> None:
        asked = self.clock.monotonic()
        if not self.is_alone:
            try:
                seen = self._together.exchange(
                    batch, copy.settings, known=copy.known, project_id=copy.project_id
                )
                seen = self._taking_effect(copy, seen)
                seen = self._isolated(copy, seen, batch.tally.reporter)
            except BreakerStateUnavailableError as error:
                self._lost(error)
            else:
                self._apart = False
                copy.know(seen.standing, self.clock.monotonic())
                copy.see(seen, self.clock.monotonic(), until=asked + HELD_SECONDS)
                return
        until = self._vouched(copy) + HELD_SECONDS
        known = copy.standing or copy.known
        seen = self._alone.exchange(batch, copy.settings, known=known)
        if not self._is_shared_and_new(copy, seen):
            seen = self._alone.take_effect(seen, copy.settings)
        copy.see(seen, self.clock.monotonic(), until=until)

    def _is_shared_and_new(self, copy: Copy, seen: Seen) -> bool:
        """What this process decides for itself needs nobody else to hear of it."""
        if copy.known is None or seen.standing is None:
            return False
        lately = self.clock.monotonic() - copy.known_at < self._handover
        return lately and seen.standing.version == copy.known.version

    def _taking_effect(self, copy: Copy, seen: Seen) -> Seen:
        """Whoever finds first that the leases are over makes it so."""
        if seen.standing is None or seen.standing.state not in OPENING:
            return seen
        at = self.clock.monotonic()
        copy.stand(seen.standing, at)
        if at - copy.decided_at < self._handover:
            return seen
        return self._together.take_effect(seen, copy.settings, handover=self._handover)

    def _vouched(self, copy: Copy) -> float:
        """Since when the row says that this process may go on alone; without rows, since now."""
        at = self.clock.monotonic()
        if at - copy.agreed_at > LOOK_SECONDS and at > self._rows_away_until:
            self.agree(copy)
            self._ripen(copy)
        rows_known = copy.agreed_at >= at - LOOK_SECONDS and at > self._rows_away_until
        return copy.agreed_at if rows_known else at

    def _ripen(self, copy: Copy) -> None:
        """While nothing is shared an opening takes effect by its row alone."""
        row, at = copy.known, self.clock.monotonic()
        if row is None or row.state not in OPENING or at - copy.known_at < self._handover:
            return
        try:
            self._together.write_effect(row, copy.settings, self.clock.now())
        except DatabaseUnavailableError as error:
            log.debug("breaker.row_waits", breaker=copy.name, error=str(error))
        else:
            self.agree(copy)

    def _isolated(self, copy: Copy, seen: Seen, reporter: str) -> Seen:
        """A node that fails alone keeps away by itself."""
        if copy.settings.mode is Mode.METRICS:
            return seen
        why = transition.outlier(seen.tallies, reporter, copy.settings)
        if why is None or (seen.standing and seen.standing.state is not State.CLOSED):
            return seen
        seconds = copy.settings.reset_timeout
        until = self._together.shared.isolate(copy.name, reporter, seconds=seconds)
        log.warning("breaker.isolated", breaker=copy.name, reporter=reporter, reason=why)
        return replace(seen, isolated={**seen.isolated, reporter: until})

    def settle(self, copy: Copy, permit: Permit, *, passed: bool | None) -> None:
        """How a probe came back, and what follows from it."""
        try:
            self._circuit().shared.settle(permit.name, permit.version, permit.lease, passed=passed)
        except BreakerStateUnavailableError as error:
            self._lost(error)
        self.exchange(copy)

    def lease(self, copy: Copy, standing: Standing) -> str | None:
        try:
            return self._circuit().shared.lease(standing, copy.settings)
        except BreakerStateUnavailableError as error:
            self._lost(error)
            return None

    def pass_on(self, copy: Copy, standing: Standing, at: float) -> Standing:
        """What the time alone has changed; one thread decides, the others go by what stands."""
        if not copy.exchanging.acquire(blocking=False):
            return standing
        try:
            after = transition.due(standing, copy.now(at))
            if copy.standing is standing and after is not None:
                copy.stand(self._shift(copy, standing, after), at)
            return copy.standing or standing
        finally:
            copy.exchanging.release()

    def _shift(self, copy: Copy, standing: Standing, after: Standing) -> Standing:
        if not self.is_alone:
            try:
                stands = self._together.shift(standing, after, copy.settings)
            except BreakerStateUnavailableError as error:
                self._lost(error)
            else:
                copy.know(stands, self.clock.monotonic())
                return stands
        self._memory.install(standing)
        return self._alone.shift(standing, after, copy.settings)

    def _circuit(self) -> Circuit:
        return self._alone if self.is_alone else self._together

    def _lost(self, error: BreakerStateUnavailableError) -> None:
        if not self._apart:
            self._apart = True
            self._memory.clear()
            log.warning("breaker.alone", error=str(error))
        self._away_until = self.clock.monotonic() + AWAY_SECONDS
