"""What an event says about how its work is run again; read when it is sent, and kept nowhere."""

import uuid
from collections.abc import Mapping
from typing import Any, Final

import orjson

from core.analysis.event import mapping
from core.intake.secrets import FILTERED
from core.recovery import sighting
from core.recovery.action import ActionError
from core.store.engine import Database
from core.store.payloads import Payloads

KNOWN: Final = ("task", "queue", "args", "kwargs", "broker")


class NotResendableError(ActionError):
    """The event does not say how its work is run again, or not any more."""

    code = "ML-ACT-0040"


def message(database: Database, payloads: Payloads, event_id: str) -> dict[str, Any]:
    """What cannot be sent as it was is not sent at all."""
    with database.transaction() as session:
        found = sighting.event(session, uuid.UUID(event_id))
        document: Mapping[str, Any] = sighting.read(session, found, payloads) if found else {}
    told = mapping(sighting.told(document).get("replay"))
    if not told:
        raise NotResendableError(permanent=True)
    if FILTERED.encode() in orjson.dumps(told, default=str):
        raise NotResendableError(
            "The arguments in the event had secrets in them, which were taken out when it came "
            "in: the work cannot be sent again from it.",
            permanent=True,
        )
    return {name: told[name] for name in KNOWN if told.get(name) is not None}
