"""One kind of entry each of the file that declares what recovery may use, with its own checks."""

import re
import string
from pathlib import PurePosixPath
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError as UrlError

from core.errors import ConfigurationError
from core.outbound import signing
from core.recovery.declared import (
    Cache,
    Command,
    Connection,
    Failover,
    Folder,
    Limits,
    Query,
    Transaction,
    Webhook,
)

PLACE: Final = re.compile(r"\{(\w+)\}")
INTERPRETERS: Final = re.compile(r"(?:[a-z]*sh|python[\d.]*|perl|ruby|node|php|env|sudo|su)")
# Whoever cleans up there means something else.
SYSTEM: Final = (
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/sbin",
    "/sys",
    "/usr",
)
SHALLOWEST: Final = 3  # "/", and two folders


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Texts = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class WebhookEntry(Entry):
    url: str
    secret: Annotated[Texts, BeforeValidator(_listed)]
    headers: dict[str, str] = {}
    takes_back: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("url begins with http:// or https:// and names a host")
        if "@" in parts.netloc:
            raise ValueError("url has no name and password in it; use headers")
        for each in self.secret:
            try:
                signing.key(each)
            except ConfigurationError as error:
                raise ValueError(str(error)) from error
        return self

    def value(self) -> Webhook:
        return Webhook(self.url, tuple(self.secret), self.headers, takes_back=self.takes_back)


class CommandEntry(Entry):
    argv: Texts
    parameters: dict[str, str] = {}
    undo: list[str] = []
    user: str | None = None
    directory: str = "/"
    environment: dict[str, str] = {}
    seconds: float = Field(30.0, gt=0, le=3_600)
    output_bytes: int = Field(16_384, ge=0, le=262_144)
    cpu_seconds: int = Field(30, ge=1)
    memory_mb: int = Field(512, ge=16)
    file_mb: int = Field(64, ge=0)
    open_files: int = Field(256, ge=8)
    processes: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, pattern in self.parameters.items():
            _compiles(name, pattern)
        for line in filter(None, (self.argv, self.undo)):
            _safe(line)
        places = {name for each in (*self.argv, *self.undo) for name in PLACE.findall(each)}
        if unknown := sorted(places - self.parameters.keys()):
            raise ValueError(f"parameters does not say what {', '.join(unknown)} may be")
        if unused := sorted(self.parameters.keys() - places):
            raise ValueError(f"{', '.join(unused)} stands nowhere in argv or undo")
        return self

    def value(self) -> Command:
        limits = ("cpu_seconds", "memory_mb", "file_mb", "open_files", "processes")
        return Command(
            argv=tuple(self.argv),
            parameters=self.parameters,
            undo=tuple(self.undo),
            user=self.user,
            directory=self.directory,
            environment=self.environment,
            seconds=self.seconds,
            output_bytes=self.output_bytes,
            limits=Limits(**{name: getattr(self, name) for name in limits}),
        )


class DatabaseEntry(Entry):
    url: str

    @model_validator(mode="after")
    def _check(self) -> Self:
        _store(self.url, "postgresql", "postgres")
        return self

    def value(self) -> Connection:
        return Connection(self.url)


class TransactionEntry(Entry):
    database: str
    statements: Texts
    isolation: Literal["read_committed", "repeatable_read", "serializable"] = "serializable"
    attempts: int = Field(3, ge=1, le=20)

    def value(self) -> Transaction:
        return Transaction(self.database, tuple(self.statements), self.isolation, self.attempts)


class QueryEntry(Entry):
    database: str
    sql: str = Field(min_length=1)
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("needs at_least or at_most, else nothing is checked")
        return self

    def value(self) -> Query:
        return Query(self.database, self.sql, self.at_least, self.at_most)


class CacheEntry(Entry):
    url: str
    prefix: str = Field(min_length=2)

    @model_validator(mode="after")
    def _check(self) -> Self:
        _store(self.url, "redis", "rediss")
        return self

    def value(self) -> Cache:
        return Cache(self.url, self.prefix)


class FolderEntry(Entry):
    path: str
    pattern: str = Field(min_length=1)
    older_than_seconds: float = Field(ge=60)

    @model_validator(mode="after")
    def _check(self) -> Self:
        path = PurePosixPath(self.path)
        if not path.is_absolute() or ".." in path.parts or len(path.parts) < SHALLOWEST:
            raise ValueError("path is whole, without .., and at least two folders deep")
        if any(path.is_relative_to(each) for each in SYSTEM):
            raise ValueError("path belongs to the system")
        if "/" in self.pattern:
            raise ValueError("pattern is for the names of files, without /")
        return self

    def value(self) -> Folder:
        return Folder(self.path, self.pattern, self.older_than_seconds)


class FailoverEntry(Entry):
    switch: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,199}$")
    values: Annotated[list[str], Field(min_length=2)]

    def value(self) -> Failover:
        return Failover(self.switch, tuple(self.values))


def _compiles(name: str, pattern: str) -> None:
    try:
        found = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"the pattern of {name} is wrong: {error}") from error
    if all(found.fullmatch(f"a{sign}b") for sign in string.punctuation):
        raise ValueError(f"the pattern of {name} lets everything through; say what may be in it")


def _safe(argv: list[str]) -> None:
    if not argv[0].startswith("/") or PLACE.search(argv[0]):
        raise ValueError("the first of argv and undo is the whole path of a program")
    if INTERPRETERS.fullmatch(PurePosixPath(argv[0]).name) and any(
        PLACE.search(each) and set(each) & set(" ;&|$`<>()'\"\n") for each in argv[1:]
    ):
        raise ValueError("a place inside of a script lets its value be read as part of the script")


def _store(url: str, *schemes: str) -> None:
    try:
        scheme = make_url(url).drivername if schemes[0] == "postgresql" else urlsplit(url).scheme
    except (UrlError, ValueError) as error:
        raise ValueError("url cannot be read") from error
    if scheme.partition("+")[0] not in schemes:
        raise ValueError(f"url begins with {schemes[0]}://")
