"""What recovery may use of the outside: only what an operator has declared, by name.

Policies name these things; addresses, passwords and programs stand in the declaration alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Webhook:
    """`takes_back`: whether the application understands that something is to be undone."""

    url: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    takes_back: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run of a command may use; of processes the user's, which root is not bound by."""

    cpu_seconds: int = 30
    memory_mb: int = 512
    file_mb: int = 64
    open_files: int = 256
    processes: int | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """`argv` and `undo` have places, `{name}`, for what `parameters` lets through whole.

    `user` none is the one that the worker runs as.
    """

    argv: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)
    undo: tuple[str, ...] = ()
    user: str | None = None
    directory: str = "/"
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    seconds: float = 30.0
    output_bytes: int = 16_384
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class Connection:
    """A PostgreSQL. Its user needs `pg_signal_backend` to end sessions of others."""

    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Transaction:
    """Statements that belong together, with `%(name)s` for what an order gives."""

    database: str
    statements: tuple[str, ...]
    isolation: str = "serializable"
    attempts: int = 3


@dataclass(frozen=True, slots=True)
class Query:
    """One number, which is well within its bounds."""

    database: str
    sql: str
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True, slots=True)
class Cache:
    """Keys of a Redis that begin with `prefix`."""

    url: str = field(repr=False)
    prefix: str


@dataclass(frozen=True, slots=True)
class Folder:
    """Files in and below `path` whose names match `pattern`, older than `seconds`."""

    path: str
    pattern: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Failover:
    """A switch that goes on to the next of its values, and begins with the first."""

    switch: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Declared:
    """Everything by its name. `secrets` are the values that came out of the environment."""

    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    commands: Mapping[str, Command] = field(default_factory=dict)
    databases: Mapping[str, Connection] = field(default_factory=dict)
    transactions: Mapping[str, Transaction] = field(default_factory=dict)
    queries: Mapping[str, Query] = field(default_factory=dict)
    caches: Mapping[str, Cache] = field(default_factory=dict)
    folders: Mapping[str, Folder] = field(default_factory=dict)
    failovers: Mapping[str, Failover] = field(default_factory=dict)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
