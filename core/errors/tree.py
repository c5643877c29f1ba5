"""The tree of our own errors: one class per meaning, with the facts that a handler needs."""

from enum import StrEnum
from typing import Any, ClassVar


class Category(StrEnum):
    """What kind of failure it is; the same words for our own errors and for those we take in."""

    CONNECTION = "connection"
    TIMEOUT = "timeout"
    RATE_LIMIT = "rate_limit"
    UNAVAILABLE = "unavailable"
    SERVER = "server"
    CONCURRENCY = "concurrency"
    RESOURCE = "resource"
    ROUTING_STALE = "routing_stale"
    CANCELLED = "cancelled"
    AUTH = "auth"
    VALIDATION = "validation"
    NOT_FOUND = "not_found"
    INTEGRITY = "integrity"
    CONFIG = "config"
    UNSUPPORTED = "unsupported"
    BUG = "bug"
    OTHER_TRANSIENT = "other_transient"
    OTHER_PERMANENT = "other_permanent"
    UNKNOWN = "unknown"


class MendlineError(Exception):
    """Something went wrong inside Mendline."""

    code: ClassVar[str] = "ML-CORE-0001"
    category: ClassVar[Category] = Category.BUG
    permanent: bool = True
    http_status: ClassVar[int] = 500

    def __init__(
        self, message: str | None = None, *, retry_after: float | None = None, **context: Any
    ) -> None:
        super().__init__(message or (type(self).__doc__ or type(self).__name__).strip())
        self.retry_after = retry_after
        self.context = context


class InvalidInputError(MendlineError):
    """The input is not what this operation takes."""

    code = "ML-VAL-0001"
    category = Category.VALIDATION
    http_status = 400


class UnprocessableError(InvalidInputError):
    """The input is well formed, but its values cannot be used."""

    code = "ML-VAL-0002"
    http_status = 422


class TooLargeError(InvalidInputError):
    """The input is larger than the limit allows."""

    code = "ML-VAL-0003"
    http_status = 413


class UndecodableError(InvalidInputError):
    """The bytes cannot be decoded."""

    code = "ML-VAL-0004"


class UnauthenticatedError(MendlineError):
    """No valid credential came with the request."""

    code = "ML-AUTH-0001"
    category = Category.AUTH
    http_status = 401


class ForbiddenError(MendlineError):
    """The credential does not allow this."""

    code = "ML-AUTH-0002"
    category = Category.AUTH
    http_status = 403


class NotFoundError(MendlineError):
    """There is no such thing here."""

    code = "ML-REF-0001"
    category = Category.NOT_FOUND
    http_status = 404


class ConflictError(MendlineError):
    """The thing changed meanwhile, or exists already."""

    code = "ML-REF-0002"
    category = Category.INTEGRITY
    http_status = 409


class RateLimitedError(MendlineError):
    """Too much at once; try again later."""

    code = "ML-RATE-0001"
    category = Category.RATE_LIMIT
    permanent = False
    http_status = 429


class ConfigurationError(MendlineError):
    """A setting is missing or wrong."""

    code = "ML-CONF-0001"
    category = Category.CONFIG


class DependencyError(MendlineError):
    """Something that Mendline depends on does not work."""

    code = "ML-DEP-0001"
    category = Category.UNAVAILABLE
    permanent = False
    http_status = 503


class DatabaseUnavailableError(DependencyError):
    """PostgreSQL cannot be reached."""

    code = "ML-DB-0001"
    category = Category.CONNECTION


class DatabaseConflictError(DependencyError):
    """PostgreSQL broke off the transaction for the sake of another one."""

    code = "ML-DB-0002"
    category = Category.CONCURRENCY


class DatabaseIntegrityError(MendlineError):
    """The rows would contradict a constraint."""

    code = "ML-DB-0003"
    category = Category.INTEGRITY
    http_status = 409


class SchemaError(MendlineError):
    """The database has another schema than this version needs."""

    code = "ML-DB-0004"
    category = Category.CONFIG
    http_status = 503


class DiskFullError(DependencyError):
    """The disk is full."""

    code = "ML-DISK-0001"
    category = Category.RESOURCE
    http_status = 507


class BrokerUnavailableError(DependencyError):
    """The broker cannot be reached."""

    code = "ML-BRK-0001"
    category = Category.CONNECTION
