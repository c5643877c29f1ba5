"""Where a PostgreSQL cluster lies and as whom its server runs: PostgreSQL refuses to run as root.

An ordinary user runs it as itself. Root runs it in a user namespace, in which root is an ordinary
user: the files stay root's and no mode changes. Where namespaces are forbidden it runs as a service
user, below /var/lib if that user cannot reach the data directory.
"""

import hashlib
import json
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

import structlog

from config.private import write_private
from core.errors import ConfigurationError
from workers.programs import Identity, launcher

log = structlog.get_logger(__name__)

SERVICE_USERS = ("mendline", "postgres", "nobody")
SERVICE_ROOT = Path("/var/lib/mendline")
POINTER = "home.json"


@dataclass(frozen=True, slots=True)
class Home:
    """`folder` holds the cluster, `installation` the programs."""

    folder: Path
    installation: Path
    identity: Identity

    @property
    def cluster(self) -> Path:
        return self.folder / "data"

    def program(self, name: str) -> str:
        return str(self.installation / "bin" / name)


def choose_home(directory: Path, installation: Path) -> Home:
    pointer = directory / POINTER
    if os.geteuid() != 0:
        return Home(directory, installation, Identity())
    if pointer.exists():
        return _remembered(pointer)
    namespace = Identity(namespace=True)
    if works(namespace, str(installation / "bin" / "postgres"), "--version"):
        return Home(directory, installation, namespace)
    return service_home(directory, installation, service_user())


def works(identity: Identity, *argv: str) -> bool:
    """Whether the command succeeds under that identity."""
    command = (*launcher(identity, Signals.SIGKILL), *argv)
    done = subprocess.run(command, capture_output=True, check=False, cwd="/")  # noqa: S603  # our own programs
    return done.returncode == 0


def service_user() -> pwd.struct_passwd:
    for name in SERVICE_USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ConfigurationError(
        "PostgreSQL cannot run as root here, and there is no service user to run it as."
        " Create one with `useradd --system mendline`, or set MENDLINE_DATABASE_URL."
    )


def service_home(
    directory: Path, installation: Path, user: pwd.struct_passwd, *, root: Path = SERVICE_ROOT
) -> Home:
    """In the data directory if that user can work there, else in a folder of its own."""
    identity = Identity(user=user.pw_uid, group=user.pw_gid)
    home = Home(directory, installation, identity)
    os.chown(directory, user.pw_uid, user.pw_gid)
    reachable = f'cd "$0" && test -w . && "{home.program("postgres")}" --version'
    if not works(identity, "/bin/sh", "-c", reachable, str(directory)):
        os.chown(directory, 0, 0)
        home = _own_folder(directory, installation, user, root)
    log.info("postgres.home_chosen", user=user.pw_name, folder=str(home.folder))
    remembered = {
        "folder": str(home.folder),
        "installation": str(home.installation),
        "user": user.pw_uid,
        "group": user.pw_gid,
    }
    write_private(directory / POINTER, json.dumps(remembered))
    return home


def _remembered(pointer: Path) -> Home:
    found = json.loads(pointer.read_text())
    identity = Identity(user=found["user"], group=found["group"])
    return Home(Path(found["folder"]), Path(found["installation"]), identity)


def _own_folder(directory: Path, installation: Path, user: pwd.struct_passwd, root: Path) -> Home:
    """The programs are copied too: they may lie below a folder that is root's alone."""
    place = root / hashlib.sha256(str(directory).encode()).hexdigest()[:16]
    package = installation.parent
    libraries = package.with_name(f"{package.name}.libs")
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    copy = place / package.name / installation.name
    shutil.copytree(installation, copy, symlinks=True, dirs_exist_ok=True)
    if libraries.is_dir():
        shutil.copytree(libraries, place / libraries.name, symlinks=True, dirs_exist_ok=True)
    folder = place / "cluster"
    folder.mkdir(mode=0o700, exist_ok=True)
    os.chown(folder, user.pw_uid, user.pw_gid)
    return Home(folder, copy, Identity(user=user.pw_uid, group=user.pw_gid))
