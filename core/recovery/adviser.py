"""From a reported event to the advice on it, in one call and without a worker."""

from collections.abc import Mapping
from random import Random
from typing import Any

from core.analysis import Knowledge, analyse
from core.analysis.event import mapping
from core.recovery.answer import decide
from core.recovery.policy import Policies


class Adviser:
    """Called with the event and the number of the attempt that failed."""

    def __init__(
        self, knowledge: Knowledge, policies: Policies, rand: Random | None = None
    ) -> None:
        self._knowledge = knowledge
        self._policies = policies
        # Spreads clients' attempts; nothing secret hangs on it.
        self._rand = rand or Random()  # noqa: S311

    def __call__(self, event: Mapping[str, Any], attempt: int) -> dict[str, Any]:
        found = analyse(event, self._knowledge).classification
        told = mapping(event.get("extra")).get("retry_after")
        hint = float(told) if isinstance(told, int | float) and not isinstance(told, bool) else None
        action = decide(
            found, attempt=attempt, policies=self._policies, rand=self._rand, retry_after=hint
        )
        return action.as_json()
