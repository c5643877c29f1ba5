"""What an event says about how its work is run again, as its reporter told it."""

import uuid
from collections.abc import Mapping
from typing import Any

import orjson

from core.analysis.event import mapping
from core.intake.rest import CONTEXT
from core.intake.secrets import FILTERED
from core.recovery.action import ActionError
from core.store import events
from core.store.engine import Database
from core.store.payloads import Payloads


class Replayable:
    """Reads the payload of a stored event."""

    def __init__(self, database: Database, payloads: Payloads) -> None:
        self._database = database
        self._payloads = payloads

    def __call__(self, event_id: str, project_id: int | None) -> Mapping[str, Any]:
        """`task`, `queue`, `args`, `kwargs`, `broker`; refuses what cannot be sent as it was."""
        told = mapping(self._context(event_id, project_id).get("replay"))
        if not told:
            raise ActionError(
                f"The event {event_id} does not say how its work is run again.", permanent=True
            )
        if FILTERED.encode() in orjson.dumps(told, default=str):
            raise ActionError(
                f"The arguments in the event {event_id} had secrets in them, which were taken out "
                "when it came in: the work cannot be sent again from it.",
                permanent=True,
            )
        return told

    def _context(self, event_id: str, project_id: int | None) -> Mapping[str, Any]:
        try:
            wanted = uuid.UUID(event_id)
        except ValueError as error:
            raise ActionError(f"{event_id!r} is no id of an event.", permanent=True) from error
        with self._database.transaction() as session:
            event = events.find(session, wanted, project_id=project_id).event
            if event.payload is None:
                raise ActionError(
                    f"The payload of the event {event_id} was thinned out.", permanent=True
                )
            document = self._payloads.unpack(session, event.payload, event.dictionary_id)
        return mapping(mapping(mapping(document.get("event")).get("contexts")).get(CONTEXT))
