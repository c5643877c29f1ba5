"""How one process is started and stopped, as a value that supervisor and tests share."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from signal import Signals
from typing import IO, Any

LAUNCHER = str(Path(__file__).with_name("launch.py"))


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a program runs as: as we do, as us in a user namespace, or as another user."""

    namespace: bool = False
    user: int | None = None
    group: int | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """One process.

    `stop_signal` asks it to end, `grace` seconds later it is killed; `death_signal` reaches it when
    its parent dies without a word. `niceness` is added to ours; `descriptors` stay open for it.
    When it dies without a word itself, its own children get `children_grace` seconds to finish.
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    identity: Identity = Identity()
    stop_signal: Signals = Signals.SIGTERM
    death_signal: Signals = Signals.SIGTERM
    grace: float = 10.0
    children_grace: float = 0.0
    niceness: int = 0
    descriptors: tuple[int, ...] = ()

    def with_environment(self, more: Mapping[str, str]) -> "Program":
        return replace(self, environment={**self.environment, **more})


def launcher(identity: Identity, death_signal: Signals, *, niceness: int = 0) -> tuple[str, ...]:
    """The words before a program's own that start it by way of launch.py."""
    options = {
        "parent": os.getpid(),
        "signal": int(death_signal),
        "namespace": identity.namespace,
        "user": identity.user,
        "group": identity.group,
        "niceness": niceness,
    }
    return (sys.executable, "-I", "-S", LAUNCHER, json.dumps(options))


def spawn(program: Program, *, output: int | IO[Any] | None = None) -> subprocess.Popen[bytes]:
    """Starts the program as leader of a session and group of its own.

    Call it from the main thread: the death signal fires when the thread ends that started it.
    """
    start = launcher(program.identity, program.death_signal, niceness=program.niceness)
    return subprocess.Popen(  # noqa: S603  # Procfile and our own servers, never a user's words
        (*start, *program.argv),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        env=dict(os.environ) | dict(program.environment),
        cwd=program.directory,
        start_new_session=True,
        pass_fds=program.descriptors,
    )
