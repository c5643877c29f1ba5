"""Who leads in a role: one row, by the database's clock, so that hosts need not agree on time."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

# A time further ahead than anybody takes comes from a clock that has been set back since. It does
# not count: a leader that lives writes it anew within seconds.
_CAMPAIGN: Final = text("""
    INSERT INTO leaders (role, holder, until)
    VALUES (:role, :holder, clock_timestamp() + :seconds * interval '1 second')
    ON CONFLICT (role) DO UPDATE SET holder = excluded.holder, until = excluded.until
    WHERE leaders.holder = excluded.holder OR leaders.until < clock_timestamp()
        OR leaders.until > clock_timestamp() + 2 * :seconds * interval '1 second'
    RETURNING holder""")
_RESIGN: Final = text("DELETE FROM leaders WHERE role = :role AND holder = :holder")


def campaign(session: Session, role: str, *, holder: str, seconds: int) -> bool:
    """Takes or keeps the role for that long; False while another one has it."""
    values = {"role": role, "holder": holder, "seconds": seconds}
    return session.execute(_CAMPAIGN, values).first() is not None


def resign(session: Session, role: str, *, holder: str) -> None:
    session.execute(_RESIGN, {"role": role, "holder": holder})
