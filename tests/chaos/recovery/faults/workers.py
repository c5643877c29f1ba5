"""Faults in and around the shop's own Celery workers."""

import os
import signal
import threading
import time
import uuid

from celery import Celery

from tests.acceptance.platform import eventually
from tests.chaos.recovery.caller import Course
from tests.chaos.recovery.dependency import Dependency
from tests.chaos.recovery.fault import fault
from tests.chaos.recovery.faults.network import free_port

WORKERS = "workers"
EFFECT = """
[verification]
probe = "http"
arguments = { url = "SHOP/health/COMPONENT" }
hold = 1
"""


def send(ground, task, component, *arguments):
    """The piece of work that the shop gives to its worker, and its health by the effect."""
    ground.employ()
    item = f"{component}-{uuid.uuid4().hex[:6]}"
    ground.shop.ways[component] = lambda: _there(ground, item)
    with Celery("shop", broker=ground.servers.broker_url, set_as_current=False) as celery:
        celery.send_task(task, args=[component, item, *arguments], queue="shop")
    return item


def _there(ground, item):
    if not ground.shop.effects(item):
        raise LookupError(f"{item} has no effect yet")


def reported(ground, component):
    """The worker reports by itself; its failure begins when the platform has it."""
    eventually(lambda: ground.recoveries(component), within=60, every=0.3)
    return Course(component, time.monotonic())


@fault("worker killed", family=WORKERS, policy=EFFECT)
def worker_killed(ground):
    """The process that does the work is killed as the kernel does it; the work is sent again."""
    item = _slow(ground, "worker-killed")
    yield reported(ground, "worker-killed")
    assert ground.shop.effects(item) == 1


def _slow(ground, component):
    ground.employ()
    item = f"{component}-{uuid.uuid4().hex[:6]}"
    slow, pid = ground.folder / f"{item}.slow", ground.folder / f"{item}.pid"
    slow.touch()
    ground.shop.ways[component] = lambda: _there(ground, item)
    with Celery("shop", broker=ground.servers.broker_url, set_as_current=False) as celery:
        celery.send_task("shop.pay", args=[component, item], queue="shop")
    eventually(pid.exists, within=60)
    slow.unlink()
    os.kill(int(pid.read_text()), signal.SIGKILL)
    return item


@fault(
    "out of memory",
    family=WORKERS,
    policy=EFFECT
    + """
after = 1
every = 1
within = 8
[[rule]]
name = "a fresh worker has room"
match.category = "resource"
strategies = ["restart", "wait", "escalate"]
[use.restart]
action = "command"
target = "host:worker"
arguments = { command = "restart-worker" }
""",
)
def out_of_memory(ground):
    """A process that has leaked has no room for the work; a new one has, and gets it again."""
    ground.employ()
    (ground.folder / "leaking").touch()
    item = send(ground, "shop.render", "out-of-memory")
    yield reported(ground, "out-of-memory")
    assert ground.shop.effects(item) == 1


@fault(
    "poison message",
    family=WORKERS,
    policy="""
[verification]
probe = "http"
arguments = { url = "SHOP/health/poison-message" }
hold = 1
[[rule]]
name = "it ends every process"
match.kind = "task.worker_lost"
strategies = ["retry", "quarantine", "escalate"]
""",
)
def poison_message(ground):
    """Every process that reads it ends; what comes after it gets through once it is put aside."""
    ground.employ()
    item = f"poison-{uuid.uuid4().hex[:6]}"
    (ground.folder / f"{item}.poison").touch()
    key = f"quarantine:poison-message:{item}"
    ground.shop.ways["poison-message"] = lambda: _aside(ground, key)
    with Celery("shop", broker=ground.servers.broker_url, set_as_current=False) as celery:
        celery.send_task("shop.import", args=["poison-message", item], queue="shop")
    yield reported(ground, "poison-message")
    after = send(ground, "shop.import", "poison-message")
    eventually(lambda: ground.shop.effects(after), within=30, every=0.2)
    assert ground.shop.effects(item) == 0


def _aside(ground, key):
    if not ground.switches.get(key):
        raise LookupError("it is still among the others")


@fault(
    "stuck consumer",
    family=WORKERS,
    policy=EFFECT
    + """
[[rule]]
name = "a fresh one takes on"
match.category = "timeout"
strategies = ["restart", "escalate"]
[use.restart]
action = "command"
target = "host:consumer"
arguments = { command = "restart-worker" }
""",
)
def stuck_consumer(ground):
    """One task waits for ever; a watchman of the shop sees that nothing behind it is taken."""
    ground.employ()
    stuck = f"stuck-{uuid.uuid4().hex[:6]}"
    (ground.folder / f"{stuck}.stuck").touch()
    with Celery("shop", broker=ground.servers.broker_url, set_as_current=False) as celery:
        celery.send_task("shop.wait", args=["stuck-consumer", stuck], queue="shop")
    item = send(ground, "shop.pay", "stuck-consumer")

    def watch():
        deadline = time.monotonic() + 3
        while not ground.shop.effects(item):
            if time.monotonic() > deadline:
                raise TimeoutError("the consumer shop@here has taken no message for 3 s")
            time.sleep(0.2)

    yield ground.caller.once("stuck-consumer", "watch", watch)
    assert ground.shop.effects(item) == 1


@fault(
    "dead letters",
    family=WORKERS,
    policy=EFFECT
    + """
after = 2
every = 1
within = 5
[[rule]]
name = "what failed meanwhile is sent again"
match.category = "connection"
strategies = ["replay", "escalate"]
[use.replay]
action = "replay"
target = "component:{component}"
arguments = { tasks = ["shop.book"] }
attempts = 4
limits = { cooldown = 2, most = 10 }
""",
)
def dead_letters(ground):
    """Bookings fail for good while the ledger is away; their letters are replayed."""
    port, back = free_port(), []
    item = send(ground, "shop.book", "dead-letters", port)
    opening = threading.Timer(6, lambda: back.append(Dependency(port=port).__enter__()))
    opening.start()
    try:
        yield reported(ground, "dead-letters")
    finally:
        opening.join()
        back[0].__exit__()
    assert ground.shop.effects(item) == 1
