"""Runs a declared command: no shell, its own user and limits, until a deadline, output masked."""

import json
import os
import pwd
import re
import select
import selectors
import signal
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from core.clock import Clock, SystemClock
from core.intake.scrub import clean
from core.intake.secrets import FILTERED
from core.recovery.action import ActionError
from core.recovery.arguments import ArgumentError
from core.recovery.declared import Command

LAUNCHER: Final = Path(__file__).with_name("launcher.py")
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PLACE: Final = re.compile(r"\{(\w+)\}")
MARGIN: Final = 4_096  # so that no secret is cut before it is looked for
CHUNK: Final = 65_536
LOOK: Final = 0.05
GRACE: Final = 1.0
SHORTEST_SECRET: Final = 4


@dataclass(frozen=True, slots=True)
class Ran:
    """`exit_code` is none where the time was over; a signal makes it negative."""

    exit_code: int | None
    output: str
    seconds: float

    def evidence(self) -> dict[str, Any]:
        return {**asdict(self), "seconds": round(self.seconds, 3)}


@dataclass(frozen=True, slots=True)
class Runner:
    """`secrets` are taken out of the output wherever they stand in it."""

    secrets: Collection[str] = field(default=(), repr=False)
    clock: Clock = field(default_factory=SystemClock)

    def run(self, command: Command, argv: Sequence[str], *, timeout: float, key: str = "") -> Ran:
        """`key` reaches the command as `MENDLINE_IDEMPOTENCY_KEY`."""
        start = self.clock.monotonic()
        until = start + min(timeout, command.seconds)
        with _started(command, argv, key, until - start) as process:
            assert process.stdout is not None
            try:
                output = self._read(process, process.stdout, until, command.output_bytes + MARGIN)
                code = self._ended(process, until)
            finally:
                _end(process)
        kept = {*self.secrets, *command.environment.values()}
        shown = masked(output, kept)[-command.output_bytes :]
        return Ran(code, shown, self.clock.monotonic() - start)

    def _read(
        self, process: subprocess.Popen[bytes], pipe: IO[bytes], until: float, most: int
    ) -> bytes:
        """The last of what it writes; children that it leaves behind are not waited for."""
        found = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while (left := until - self.clock.monotonic()) > 0:
                if not selector.select(min(left, LOOK)):
                    if process.poll() is not None:
                        break
                    continue
                chunk = os.read(pipe.fileno(), CHUNK)
                if not chunk:
                    break
                found = (found + chunk)[-most:]
        return bytes(found)

    def _ended(self, process: subprocess.Popen[bytes], until: float) -> int | None:
        try:
            return process.wait(max(until - self.clock.monotonic(), 0))
        except subprocess.TimeoutExpired:
            return None


def filled(
    argv: Sequence[str], parameters: Mapping[str, str], given: Mapping[str, Any]
) -> list[str]:
    """The arguments with what was given in its places, each of it one argument or part of one."""
    unknown = sorted(given.keys() - parameters.keys())
    if unknown:
        raise ArgumentError(f"The command does not take {', '.join(unknown)}.")
    values = {name: _value(name, pattern, given) for name, pattern in parameters.items()}
    return [PLACE.sub(lambda place: values[place[1]], each) for each in argv]


def _value(name: str, pattern: str, given: Mapping[str, Any]) -> str:
    value = str(given.get(name, ""))
    if re.fullmatch(pattern, value) is None:
        raise ArgumentError(f"The command needs {name}, which has to be like {pattern}.")
    if value.startswith("-") or "\0" in value:
        raise ArgumentError(f"The command does not take {name}: it would be an option.")
    return value


def masked(output: bytes, secrets: Collection[str]) -> str:
    text = output.decode("utf-8", "replace")
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, FILTERED)
    return clean(text).replace("\0", "")


def _started(
    command: Command, argv: Sequence[str], key: str, seconds: float
) -> subprocess.Popen[bytes]:
    account = _account(command.user)
    errors, told = os.pipe()
    wanted = {
        "argv": list(argv),
        "user": account.pw_uid,
        "group": account.pw_gid,
        "directory": command.directory,
        "environment": _environment(command, account.pw_dir, key),
        "limits": _limits(command),
        "parent": os.getpid(),
        "errors": told,
    }
    try:
        process = subprocess.Popen(  # noqa: S603 (declared by an operator, without a shell)
            [sys.executable, "-I", "-S", str(LAUNCHER)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"MENDLINE_COMMAND": json.dumps(wanted)},  # arguments are for all to see
            pass_fds=(told,),
            start_new_session=True,
        )
    except OSError as error:
        os.close(errors)
        raise ActionError(f"The command cannot be started: {error.strerror}.") from error
    finally:
        os.close(told)
    with os.fdopen(errors, "rb") as reading:
        _launched(process, reading, seconds)
    return process


def _launched(process: subprocess.Popen[bytes], errors: IO[bytes], seconds: float) -> None:
    """The descriptor is closed, and nothing was written, where the command has begun."""
    began = select.select([errors], [], [], seconds)[0]
    failure = errors.read() if began else b"it took too long"
    if failure:
        with process:
            process.kill()
        why = failure.decode("utf-8", "replace")
        raise ActionError(f"The command cannot be started: {why}.", permanent=True)


def _account(user: str | None) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(os.geteuid()) if user is None else pwd.getpwnam(user)
    except KeyError as error:
        raise ActionError(
            f"This host has no user {user or os.geteuid()}.", permanent=True
        ) from error


def _environment(command: Command, home: str, key: str) -> dict[str, str]:
    usual = {"PATH": PATH, "LANG": "C.UTF-8", "HOME": home, "MENDLINE_IDEMPOTENCY_KEY": key}
    return usual | dict(command.environment)


def _limits(command: Command) -> dict[str, int]:
    limits, megabyte = command.limits, 2**20
    found = {
        "CPU": limits.cpu_seconds,
        "AS": limits.memory_mb * megabyte,
        "FSIZE": limits.file_mb * megabyte,
        "NOFILE": limits.open_files,
    }
    return found if limits.processes is None else found | {"NPROC": limits.processes}


def _end(process: subprocess.Popen[bytes]) -> None:
    """With all that it has started and that stayed in its group."""
    if process.poll() is None:
        _tell(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
    _tell(process.pid, signal.SIGKILL)


def _tell(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return
