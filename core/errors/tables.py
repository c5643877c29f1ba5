"""What the errors of libraries, of PostgreSQL and of the operating system mean for us."""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.errors.tree import Category

PERMANENT: Final = frozenset(
    {
        Category.AUTH,
        Category.VALIDATION,
        Category.NOT_FOUND,
        Category.INTEGRITY,
        Category.CONFIG,
        Category.UNSUPPORTED,
        Category.BUG,
        Category.OTHER_PERMANENT,
    }
)
HTTP: Final[Mapping[Category, int]] = {
    Category.CONNECTION: 503,
    Category.TIMEOUT: 504,
    Category.RATE_LIMIT: 429,
    Category.UNAVAILABLE: 503,
    Category.CONCURRENCY: 503,
    Category.RESOURCE: 507,
    Category.VALIDATION: 400,
    Category.NOT_FOUND: 404,
    Category.INTEGRITY: 409,
}


@dataclass(frozen=True, slots=True)
class Known:
    code: str
    category: Category

    @property
    def permanent(self) -> bool:
        return self.category in PERMANENT

    @property
    def http_status(self) -> int:
        return HTTP.get(self.category, 500)


UNEXPECTED: Final = Known("ML-CORE-0002", Category.BUG)
DATABASE_AWAY: Final = Known("ML-DB-0001", Category.CONNECTION)
DATABASE_CONFLICT: Final = Known("ML-DB-0002", Category.CONCURRENCY)
DATABASE_INTEGRITY: Final = Known("ML-DB-0003", Category.INTEGRITY)
DATABASE_SCHEMA: Final = Known("ML-DB-0004", Category.CONFIG)
DATABASE_AUTH: Final = Known("ML-DB-0014", Category.AUTH)
DATABASE_BUSY: Final = Known("ML-DB-0006", Category.UNAVAILABLE)
DATABASE_FULL: Final = Known("ML-DB-0007", Category.RESOURCE)
DATABASE_TIMEOUT: Final = Known("ML-DB-0008", Category.TIMEOUT)
DATABASE_VALUE: Final = Known("ML-DB-0009", Category.VALIDATION)
DATABASE_USE: Final = Known("ML-DB-0010", Category.BUG)
DATABASE_FAULT: Final = Known("ML-DB-0011", Category.SERVER)
DATABASE_READ_ONLY: Final = Known("ML-DB-0012", Category.ROUTING_STALE)
POOL_EXHAUSTED: Final = Known("ML-DB-0013", Category.RESOURCE)
DISK_FULL: Final = Known("ML-DISK-0001", Category.RESOURCE)
BROKER_AWAY: Final = Known("ML-BRK-0001", Category.CONNECTION)
BROKER_USE: Final = Known("ML-BRK-0002", Category.CONFIG)
REDIS_AWAY: Final = Known("ML-RDS-0001", Category.CONNECTION)
REDIS_TIMEOUT: Final = Known("ML-RDS-0002", Category.TIMEOUT)
REDIS_LOADING: Final = Known("ML-RDS-0003", Category.UNAVAILABLE)
REDIS_FULL: Final = Known("ML-RDS-0004", Category.RESOURCE)
REDIS_AUTH: Final = Known("ML-RDS-0005", Category.AUTH)
REDIS_READ_ONLY: Final = Known("ML-RDS-0006", Category.ROUTING_STALE)
REDIS_USE: Final = Known("ML-RDS-0007", Category.BUG)
NETWORK_AWAY: Final = Known("ML-NET-0001", Category.CONNECTION)
TIMED_OUT: Final = Known("ML-TIME-0001", Category.TIMEOUT)
SOFT_LIMIT: Final = Known("ML-TIME-0002", Category.TIMEOUT)
HARD_LIMIT: Final = Known("ML-TIME-0003", Category.TIMEOUT)
MEMORY: Final = Known("ML-MEM-0001", Category.RESOURCE)
RESOURCES: Final = Known("ML-SYS-0001", Category.RESOURCE)
NOT_PERMITTED: Final = Known("ML-SYS-0002", Category.CONFIG)
FILE_MISSING: Final = Known("ML-SYS-0003", Category.NOT_FOUND)
WORKER_LOST: Final = Known("ML-WORK-0003", Category.OTHER_TRANSIENT)
CANCELLED: Final = Known("ML-WORK-0004", Category.CANCELLED)
UNENCODABLE: Final = Known("ML-VAL-0020", Category.VALIDATION)

BY_SQLSTATE: Final[Mapping[str, Known]] = {
    "25006": DATABASE_READ_ONLY,
    "25P03": DATABASE_TIMEOUT,  # idle in transaction too long
    "25P04": DATABASE_TIMEOUT,  # transaction too long
    "3D000": DATABASE_SCHEMA,
    "40003": DATABASE_AWAY,
    "53100": DATABASE_FULL,
    "55P03": DATABASE_CONFLICT,  # lock not available
    "57014": DATABASE_TIMEOUT,  # statement time-out or cancel
    "57P01": DATABASE_AWAY,
    "57P02": DATABASE_AWAY,
    "57P03": DATABASE_AWAY,
    "57P05": DATABASE_AWAY,
    "42501": DATABASE_AUTH,
    "42P01": DATABASE_SCHEMA,  # no such table
    "42703": DATABASE_SCHEMA,  # no such column
}
BY_SQLSTATE_CLASS: Final[Mapping[str, Known]] = {
    "08": DATABASE_AWAY,
    "22": DATABASE_VALUE,
    "23": DATABASE_INTEGRITY,
    "25": DATABASE_USE,
    "28": DATABASE_AUTH,
    "40": DATABASE_CONFLICT,
    "42": DATABASE_USE,
    "53": DATABASE_BUSY,
    "54": DATABASE_VALUE,
    "55": DATABASE_CONFLICT,
    "57": DATABASE_AWAY,
    "58": DATABASE_FAULT,
    "XX": DATABASE_FAULT,
}
BY_ERRNO: Final[Mapping[int | None, Known]] = {
    errno.ENOSPC: DISK_FULL,
    errno.EDQUOT: DISK_FULL,
    errno.ENOMEM: MEMORY,
    errno.EMFILE: RESOURCES,
    errno.ENFILE: RESOURCES,
    errno.EAGAIN: RESOURCES,
    errno.EACCES: NOT_PERMITTED,
    errno.EPERM: NOT_PERMITTED,
    errno.EROFS: NOT_PERMITTED,
    errno.ENOENT: FILE_MISSING,
    errno.ETIMEDOUT: TIMED_OUT,
    errno.ECONNREFUSED: NETWORK_AWAY,
    errno.ECONNRESET: NETWORK_AWAY,
    errno.ECONNABORTED: NETWORK_AWAY,
    errno.EPIPE: NETWORK_AWAY,
    errno.EHOSTUNREACH: NETWORK_AWAY,
    errno.ENETUNREACH: NETWORK_AWAY,
    errno.ENETDOWN: NETWORK_AWAY,
}
# By the full name of a class; the first class of the method resolution order that is here counts.
BY_NAME: Final[Mapping[str, Known]] = {
    "psycopg.OperationalError": DATABASE_AWAY,
    "psycopg.errors.ConnectionTimeout": DATABASE_AWAY,
    "psycopg.InterfaceError": DATABASE_AWAY,
    "psycopg.IntegrityError": DATABASE_INTEGRITY,
    "psycopg.DataError": DATABASE_VALUE,
    "psycopg.ProgrammingError": DATABASE_USE,
    "sqlalchemy.exc.TimeoutError": POOL_EXHAUSTED,
    "sqlalchemy.exc.OperationalError": DATABASE_AWAY,
    "sqlalchemy.exc.InterfaceError": DATABASE_AWAY,
    "sqlalchemy.exc.IntegrityError": DATABASE_INTEGRITY,
    "redis.exceptions.AuthenticationError": REDIS_AUTH,
    "redis.exceptions.BusyLoadingError": REDIS_LOADING,
    "redis.exceptions.TryAgainError": REDIS_LOADING,
    "redis.exceptions.ClusterDownError": REDIS_LOADING,
    "redis.exceptions.ReadOnlyError": REDIS_READ_ONLY,
    "redis.exceptions.OutOfMemoryError": REDIS_FULL,
    "redis.exceptions.TimeoutError": REDIS_TIMEOUT,
    "redis.exceptions.ConnectionError": REDIS_AWAY,
    "redis.exceptions.ResponseError": REDIS_USE,
    "kombu.exceptions.EncodeError": UNENCODABLE,
    "kombu.exceptions.DecodeError": UNENCODABLE,
    "kombu.exceptions.OperationalError": BROKER_AWAY,
    "kombu.exceptions.LimitExceeded": RESOURCES,
    "amqp.exceptions.ConnectionError": BROKER_AWAY,
    "amqp.exceptions.ConnectionForced": BROKER_AWAY,
    "amqp.exceptions.ResourceLocked": BROKER_AWAY,
    "amqp.exceptions.PreconditionFailed": BROKER_USE,
    "amqp.exceptions.AccessRefused": BROKER_USE,
    "celery.exceptions.NotRegistered": BROKER_USE,
    "billiard.exceptions.SoftTimeLimitExceeded": SOFT_LIMIT,
    "billiard.exceptions.TimeLimitExceeded": HARD_LIMIT,
    "billiard.exceptions.WorkerLostError": WORKER_LOST,
    "billiard.exceptions.Terminated": CANCELLED,
    "asyncio.exceptions.CancelledError": CANCELLED,
    "httpx2.TimeoutException": TIMED_OUT,
    "httpx2.TransportError": NETWORK_AWAY,
    "TimeoutError": TIMED_OUT,
    "ConnectionError": NETWORK_AWAY,
    "MemoryError": MEMORY,
}
