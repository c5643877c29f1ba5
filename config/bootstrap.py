"""What the first run on a data directory makes: projects, the admin key, passwords, their file."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from config.private import write_private
from config.settings import Settings
from config.wiring import CREDENTIALS
from core.access import keys
from core.access.keys import NewKey
from core.access.roles import Role
from core.clock import Clock, SystemClock
from core.errors import ConfigurationError
from core.store import projects
from core.store.engine import Database

DEFAULT_PROJECT: Final = "default"
OWN_PROJECT: Final = "mendline"
FLOWER_USER: Final = "flower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where everything listens on this run."""

    database_url: str
    redis_url: str
    api_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The content of credentials.json."""

    admin_key: str
    flower_user: str
    flower_password: str
    secret_key: str
    database_url: str
    redis_url: str
    api_url: str
    dsn: str


def bootstrap(
    settings: Settings, addresses: Addresses, *, clock: Clock | None = None
) -> Credentials:
    """Makes what is missing, keeps what is there, and writes the credentials file."""
    known = remembered(settings.data_dir)
    admin_key = known.get("admin_key") or keys.MARK + secrets.token_urlsafe(32)
    dsn = _rows(addresses, admin_key, clock or SystemClock())
    made = Credentials(
        admin_key=admin_key,
        flower_user=settings.flower_user or known.get("flower_user", FLOWER_USER),
        flower_password=_secret(settings, known, "flower_password"),
        secret_key=_secret(settings, known, "secret_key"),
        dsn=dsn,
        **asdict(addresses),
    )
    write_private(settings.data_dir / CREDENTIALS, json.dumps(asdict(made), indent=2) + "\n")
    return made


def remembered(data_dir: Path) -> Mapping[str, str]:
    """The credentials of an earlier run; nothing on the first one."""
    path = data_dir / CREDENTIALS
    try:
        found = dict(json.loads(path.read_text()))
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{path} is damaged; restore it or move it away.") from error
    return {name: str(value) for name, value in found.items()}


def _secret(settings: Settings, known: Mapping[str, str], name: str) -> str:
    """Given in the settings, else that of the last run, else a new one."""
    given = getattr(settings, name)
    return given.get_secret_value() if given else known.get(name) or secrets.token_urlsafe(32)


def _rows(addresses: Addresses, admin_key: str, clock: Clock) -> str:
    """The projects and the admin key; answers with the DSN of the default project."""
    database = Database(addresses.database_url, application="mendline run", pool_size=1)
    try:
        with database.transaction() as session:
            now = clock.now()
            project, key = projects.ensure(session, DEFAULT_PROJECT, now=now)
            projects.ensure(session, OWN_PROJECT, now=now)
            keys.adopt(session, NewKey(role=Role.ADMIN, label="first run"), admin_key, now=now)
            return projects.dsn(addresses.api_url, key.public_key, project.id)
    finally:
        database.dispose()
