"""One exchange with what is shared: add what was counted, see what stands, decide, write."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import structlog

from core.errors import DatabaseUnavailableError
from core.resilience.breaker import transition
from core.resilience.breaker.chronicle import Chronicle, Shift
from core.resilience.breaker.settings import BreakerSettings, Mode
from core.resilience.breaker.shared import Batch, Seen, SharedBreakers
from core.resilience.breaker.standing import OPENING, Standing, begun

log = structlog.get_logger()


def _unheard(_old: Standing, _new: Standing) -> None:
    return


@dataclass(frozen=True, slots=True)
class Circuit:
    """Any number of breakers over one shared store and one chronicle.

    The row is written first, by compare-and-set; whoever wins puts it into the shared store. While
    rows cannot be written the store decides who wins, and the row follows. `heard` gets each
    change of state in the process that made it.
    """

    shared: SharedBreakers
    chronicle: Chronicle
    heard: Callable[[Standing, Standing], None] = _unheard

    def exchange(
        self,
        batch: Batch,
        settings: BreakerSettings,
        *,
        known: Standing | None = None,
        project_id: int | None = None,
    ) -> Seen:
        """`known` is the caller's copy: a store that has lost its memory gets it."""
        seen = self.shared.exchange(batch, settings)
        if seen.standing is None or (known and known.version > seen.standing.version):
            self.restore(batch.name, seen.now, known=known, project_id=project_id)
            seen = self.shared.exchange(batch, settings)
        if seen.standing is None:  # emptied again, in between
            return replace(seen, standing=known or begun(batch.name, seen.now))
        if seen.unwritten:
            self._catch_up(seen.standing, settings)
        after = self._next(seen.standing, seen, settings)
        return replace(seen, standing=after, placed=None) if after is not seen.standing else seen

    def restore(
        self,
        name: str,
        now: datetime,
        *,
        known: Standing | None = None,
        project_id: int | None = None,
    ) -> Standing:
        """What is missing in the store comes from the row or the copy, whichever is newer."""
        standing = known or begun(name, now)
        try:
            row = self.chronicle.begin(begun(name, now), project_id).standing
            standing = row if row.version >= standing.version else standing
        except DatabaseUnavailableError as error:
            log.warning("breaker.row_unknown", breaker=name, error=str(error))
        return self.shared.install(standing)

    def take_effect(self, seen: Seen, settings: BreakerSettings, *, handover: float = 0.0) -> Seen:
        """An opening that the store has had for this time; a store may have to be told again."""
        standing = seen.standing
        if standing is None or standing.state not in OPENING:
            return seen
        placed = (seen.now - seen.placed).total_seconds() if seen.placed else 0.0
        if placed < handover:
            return seen
        after = self.shift(standing, transition.in_effect(standing, seen.now), settings)
        return replace(seen, standing=after, placed=None)

    def write_effect(self, standing: Standing, settings: BreakerSettings, now: datetime) -> None:
        """In the row alone."""
        after = transition.in_effect(standing, now)
        if self.chronicle.record(_order(standing, after, settings, None)):
            self.heard(standing, after)

    def shift(
        self,
        old: Standing,
        new: Standing,
        settings: BreakerSettings,
        detail: Mapping[str, object] | None = None,
    ) -> Standing:
        """The standing that is in force afterwards, whoever made it."""
        order = _order(old, new, settings, detail)
        try:
            won = self.chronicle.record(order)
        except DatabaseUnavailableError as error:
            log.warning("breaker.row_waits", breaker=new.name, error=str(error))
            stands = self.shared.install(new, unwritten=True)
            won = (stands.version, stands.since) == (new.version, new.since)
        else:
            stands = self.shared.install(new) if won else self.restore(new.name, new.since)
        if won:
            self.heard(old, new)
        return stands

    def _next(self, standing: Standing, seen: Seen, settings: BreakerSettings) -> Standing:
        after = transition.opened(standing, seen.tallies, settings, seen.now)
        after = after or transition.probed(standing, seen.probes, settings, seen.now)
        if after is None:
            return standing
        reporters = [asdict(tally) for tally in seen.tallies]
        detail = {"reporters": reporters, "probes": asdict(seen.probes)}
        return self.shift(standing, after, settings, detail)

    def _catch_up(self, standing: Standing, settings: BreakerSettings) -> None:
        """What was decided while rows could not be written."""
        try:
            row = self.chronicle.begin(begun(standing.name, standing.since), None).standing
            if row.version < standing.version:
                self.chronicle.record(_order(row, standing, settings, {"late": True}))
            self.shared.written(standing)
        except DatabaseUnavailableError as error:
            log.debug("breaker.row_still_waits", breaker=standing.name, error=str(error))


def _order(
    old: Standing, new: Standing, settings: BreakerSettings, detail: Mapping[str, object] | None
) -> Shift:
    return Shift(
        old,
        new,
        target=settings.target or new.name,
        holds=settings.mode is Mode.ENFORCE,
        detail=detail or {},
    )
