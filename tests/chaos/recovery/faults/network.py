"""Faults between the shop and a service."""

import socket
import subprocess
import sys
import threading
from contextlib import closing

from tests.chaos.fault import ImpossibleError
from tests.chaos.proxy import Proxy
from tests.chaos.recovery.caller import Course
from tests.chaos.recovery.dependency import Dependency
from tests.chaos.recovery.fault import fault
from tests.chaos.recovery.ground import in_time
from tests.chaos.recovery.shop import fetch

NETWORK = "network"


@fault("connection reset", family=NETWORK)
def connection_reset(ground):
    with Proxy("127.0.0.1", ground.dependency.port) as proxy:
        proxy.reset()
        heal = threading.Timer(1.5, proxy.heal)
        heal.start()
        yield ground.caller.work(
            "connection-reset", "fetch", lambda: fetch(proxy.port, "/reset", timeout=3)
        )
        heal.join()


@fault("connection refused then back", family=NETWORK)
def connection_refused(ground):
    port, back = free_port(), []

    def open_again():
        back.append(Dependency(port=port).__enter__())

    opening = threading.Timer(2.5, open_again)
    opening.start()
    yield ground.caller.work("connection-refused-then-back", "fetch", lambda: fetch(port, "/"))
    opening.join()
    back[0].__exit__()


@fault("hung up without an answer", family=NETWORK)
def hung_up(ground):
    ground.dependency.script("/hang-up", Dependency.HANG_UP, Dependency.HANG_UP)
    yield ground.caller.work(
        "hung-up-without-an-answer", "fetch", lambda: fetch(ground.dependency.port, "/hang-up")
    )


@fault("nobody answers", family=NETWORK)
def nobody_answers(ground):
    """Connections stand, and nothing comes through them."""
    with Proxy("127.0.0.1", ground.dependency.port) as proxy:
        proxy.swallow()
        heal = threading.Timer(2.5, proxy.heal)
        heal.start()
        yield ground.caller.work(
            "nobody-answers", "fetch", lambda: fetch(proxy.port, "/quiet", timeout=1)
        )
        heal.join()


@fault("name not known then back", family=NETWORK)
def name_not_known(ground):
    """A program with a file of hosts of its own; the name appears once it was asked for."""
    component, hosts = "name-not-known-then-back", ground.folder / "hosts"
    hosts.write_text("127.0.0.1 localhost\n")

    def appear():
        in_time(lambda: ground.recoveries(component), within=30)
        hosts.write_text("127.0.0.1 localhost stock.shop.example\n")

    appearing = threading.Thread(target=appear)
    appearing.start()
    ran = _with_hosts(hosts, ground.environment["ERROR_MANAGER_URL"], str(ground.dependency.port))
    appearing.join()
    if ran.returncode:
        raise ImpossibleError(f"no file of hosts of its own: {ran.stderr.strip()[-200:]}")
    yield Course.read(ran.stdout)


def _with_hosts(hosts, *arguments):
    program = [sys.executable, "-m", "tests.chaos.recovery.faults.named", *arguments]
    script = 'mount --bind "$0" /etc/hosts && exec "$@"'
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, str(hosts), *program],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def free_port():
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
