"""What was too much for a channel is told in one notification when its budget has room again.

A digest is a group of its own, one a channel: it takes alerts until it is told, and ends then.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from core.alerts.budget import Room
from core.alerts.flush import Flushed, Kind, Member, Wanted
from core.alerts.trace import Decided, Step
from core.model import AlertGroup
from core.store import alert_groups as rows

ROUTE: Final = "digest"
# A channel that has no budget any more is told at once.
FREE: Final = Room(left=1)


def keep(
    session: Session, channel: str, alert_ids: Sequence[int], *, due: datetime, now: datetime
) -> None:
    key = f"{ROUTE}/{channel}"
    group = rows.open_groups(session, [key]).get(key)
    if group is None:
        group = AlertGroup(
            route=ROUTE,
            group_key=key,
            labels={"channel": channel},
            digest_of=channel,
            next_flush_at=due,
            opened_at=now,
        )
        session.add(group)
        session.flush()
    members = [
        {"group_id": group.id, "alert_id": each, "changed": False, "joined_at": now}
        for each in alert_ids
    ]
    rows.join(session, members)


def flush(channel: str, members: Sequence[Member], rooms: Mapping[str, Room]) -> Flushed:
    """All of it at once, or later; nothing at all leaves nothing to tell."""
    left = rooms.get(channel, FREE)
    if members and left.left < 1:
        return Flushed((), {}, (), tuple(members), left.again_at)
    ids = tuple(member.alert.id for member in members)
    firing = sum(member.alert.firing for member in members)
    reason = f"The budget was used up meanwhile: {len(ids)} alerts, {firing} of them still fire."
    decided = tuple(
        Decided(each, Step.NOTIFIED, f"{Kind.DIGEST} {channel}", reason, channel) for each in ids
    )
    wanted = (Wanted(channel, Kind.DIGEST, ids, reason),) if ids else ()
    return Flushed(wanted, {}, decided, (), None)
