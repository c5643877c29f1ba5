"""Our own errors, and the one way from any exception to a report of it."""

from core.errors.known import report
from core.errors.report import ErrorReport
from core.errors.tree import (
    BrokerUnavailableError,
    Category,
    ConfigurationError,
    ConflictError,
    DatabaseConflictError,
    DatabaseIntegrityError,
    DatabaseUnavailableError,
    DependencyError,
    DiskFullError,
    ForbiddenError,
    InvalidInputError,
    MendlineError,
    NotFoundError,
    RateLimitedError,
    SchemaError,
    TooLargeError,
    UnauthenticatedError,
    UndecodableError,
    UnprocessableError,
)

__all__ = [
    "BrokerUnavailableError",
    "Category",
    "ConfigurationError",
    "ConflictError",
    "DatabaseConflictError",
    "DatabaseIntegrityError",
    "DatabaseUnavailableError",
    "DependencyError",
    "DiskFullError",
    "ErrorReport",
    "ForbiddenError",
    "InvalidInputError",
    "MendlineError",
    "NotFoundError",
    "RateLimitedError",
    "SchemaError",
    "TooLargeError",
    "UnauthenticatedError",
    "UndecodableError",
    "UnprocessableError",
    "report",
]
