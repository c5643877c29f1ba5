"""Whether PostgreSQL refused a value for what it is, or could not be asked at all."""

from typing import Final

from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError, StatementError

# "Program limit exceeded": what is too large or too deep today is so tomorrow.
LIMIT_CLASS: Final = "54"


def refused(error: SQLAlchemyError) -> bool:
    """True where trying again cannot help."""
    if isinstance(error, DataError):
        return True
    if isinstance(error, DBAPIError):
        return str(getattr(error.orig, "sqlstate", None) or "").startswith(LIMIT_CLASS)
    return isinstance(error, StatementError)  # a value that not even the driver takes
