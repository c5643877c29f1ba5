"""What our own parts and their libraries raise, as the error of an action."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from core.errors import MendlineError, report
from core.intake.scrub import clean
from core.recovery.action import ActionError

LONGEST = 300


@contextmanager
def told(what: str) -> Iterator[None]:
    """`what` begins the sentence: "The pool alerts cannot be restarted"."""
    try:
        yield
    except ActionError:
        raise
    except (MendlineError, SQLAlchemyError, psycopg.Error, RedisError, OSError) as error:
        found = report(error)
        reason = clean(found.message.partition("\n")[0][:LONGEST])
        raise ActionError(
            f"{what}: {reason}",
            permanent=found.permanent,
            retry_after=found.retry_after,
            cause=found.code,
        ) from error
