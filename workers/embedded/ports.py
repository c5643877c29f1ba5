"""Free ports that stay ours while a server restarts."""

import random
import socket
from pathlib import Path

LOWEST = 20_000
USUAL_EPHEMERAL_START = 32_768
RANGE_FILE = Path("/proc/sys/net/ipv4/ip_local_port_range")
TRIES = 200
BACKLOG = 2048


def is_free(port: int, *, host: str = "127.0.0.1") -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def listening(port: int, *, host: str) -> socket.socket:
    """Connections wait in it while whoever answers them is started again."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def ephemeral_start() -> int:
    try:
        return int(RANGE_FILE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return USUAL_EPHEMERAL_START


def free_port(*, host: str = "127.0.0.1") -> int:
    """A port below the range of outgoing connections.

    A client that knocks while its server restarts may be given the server's own port as its source
    when that lies inside the range; it then talks to itself and the server cannot come back.
    """
    highest = ephemeral_start() - 1
    if highest - LOWEST >= TRIES:
        candidates = random.SystemRandom().sample(range(LOWEST, highest), TRIES)
        for port in candidates:
            if is_free(port, host=host):
                return port
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def kept_port(path: Path) -> int:
    """The port of last time if it is still free, so that addresses survive a restart."""
    try:
        port = int(path.read_text())
    except (OSError, ValueError):
        return free_port()
    return port if is_free(port) else free_port()
