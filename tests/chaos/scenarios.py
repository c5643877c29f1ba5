"""The scenarios by name, at full scale for `make chaos` and small for `make test`."""

from dataclasses import replace

from tests.chaos.faults import (
    BlackHole,
    ClockJump,
    DiskFull,
    Freeze,
    Kill,
    Latency,
    MemoryPressure,
    Reset,
    Wipe,
)
from tests.chaos.scenario import Expected, Pressure, Scenario
from tests.chaos.site import Around
from tests.chaos.targets import Target

# What is killed at random: children more often than the rest, as in life.
KILLS = (
    Kill(target=Target.CHILD),
    Kill(target=Target.CHILD),
    Kill(target=Target.WORKER),
    Kill(target=Target.WORKER),
    Kill(target=Target.AGENT),
    Kill(target=Target.REDIS),
    Kill(target=Target.POSTGRES),
    Kill(target=Target.API),
    Kill(target=Target.FLEET),
    Kill(target=Target.BEAT),
    Wipe(target=Target.REDIS),
)

EVERYTHING_KILLED = Scenario(
    name="everything killed",
    about="Random SIGKILLs of every part, stores included; Redis also loses its data.",
    faults=KILLS,
    hits=100,
    pause=2.0,
    pressure=Pressure(items=10_000, item_rate=80, event_rate=60),
    expected=Expected(settled=240),
)

REDIS_CONNECTION = Scenario(
    name="Redis connection chaos",
    about="The network between the platform and Redis is cut, reset and slow, for four in five"
    " connections. The broker's breaker opens; intake goes on (events wait in the inbox), work"
    " waits in its rows, pools stay as they are; the breaker closes and all is well within 30 s.",
    faults=(
        BlackHole(target=Target.REDIS, intensity=0.8, duration=60),
        Reset(target=Target.REDIS, intensity=0.8, duration=40),
        Latency(target=Target.REDIS, intensity=0.8, duration=20),
    ),
    pause=15.0,
    pressure=Pressure(item_rate=30, event_rate=60),
    expected=Expected(
        recovery=30,
        availability=0.99,
        during=True,
        settled=60,
        logged=("breaker.opened", "queue.depth_unknown", "breaker.closed"),
    ),
    around=Around(proxied=(Target.REDIS,)),
)

MEMORY_PRESSURE = Scenario(
    name="memory pressure",
    about="Something else takes nine tenths of the memory that is left: pools stop growing and work"
    " of low priority waits, while intake and urgent work go on; with the memory all comes back.",
    faults=(MemoryPressure(target=Target.WORKER, intensity=0.9, duration=90),),
    pressure=Pressure(item_rate=20, event_rate=60),
    expected=Expected(
        recovery=30,
        availability=0.99,
        during=True,
        errors=15,
        settled=60,
        logged=("memory.pressure",),
    ),
    around=Around(memory=True),
)

PROCESS_CRASHES = Scenario(
    name="process crashes",
    about="Workers die again and again: they are restarted and it is logged, their work is taken up"
    " where it was, and what dies a fourth time within a minute is left to rest.",
    faults=(
        Kill(target=Target.WORKER, intensity=0.6, duration=2),
        Kill(target=Target.CHILD, intensity=0.6, duration=2),
    ),
    hits=60,
    pause=1.0,
    pressure=Pressure(item_rate=30, event_rate=60),
    expected=Expected(
        restarts=3, during=True, availability=0.99, logged=("process.ended", "process.started")
    ),
)

STALLS = Scenario(
    name="stalls",
    about="Processes stand still and come back, while others took their work over.",
    faults=(
        Freeze(target=Target.WORKER, duration=40),
        Freeze(target=Target.FLEET, duration=15),
        Freeze(target=Target.REDIS, duration=10),
    ),
    pressure=Pressure(item_rate=30, event_rate=60),
    expected=Expected(recovery=60),
)

POSTGRES_CONNECTION = Scenario(
    name="PostgreSQL connection chaos",
    about="The network between the platform and PostgreSQL is cut, reset and slow. Intake goes on"
    " into the spool.",
    faults=(
        BlackHole(target=Target.POSTGRES, duration=20),
        Reset(target=Target.POSTGRES, duration=20),
        Latency(target=Target.POSTGRES, duration=20, seconds=0.1),
    ),
    pause=10.0,
    pressure=Pressure(item_rate=20, event_rate=30),
    expected=Expected(recovery=60, during=True),
    around=Around(proxied=(Target.POSTGRES,)),
)

DISK_FULL = Scenario(
    name="disk full",
    about="The disk with the database, Redis and the spool has no room left.",
    faults=(DiskFull(target=Target.POSTGRES, duration=20),),
    pause=5.0,
    pressure=Pressure(item_rate=20, event_rate=30),
    expected=Expected(recovery=60),
    around=Around(small_disk=True),
)

CLOCK_JUMPS = Scenario(
    name="clock jumps",
    about="The clock of the platform's host jumps an hour ahead, back, and half a minute back;"
    " PostgreSQL runs on another host, and its clock alone decides over leases.",
    faults=(
        ClockJump(target=Target.WORKER, seconds=3600, duration=15),
        ClockJump(target=Target.WORKER, seconds=-30, duration=15),
    ),
    pause=5.0,
    pressure=Pressure(item_rate=20, event_rate=30),
    expected=Expected(recovery=90),
    around=Around(proxied=(Target.POSTGRES,), clock=True),
)


def on(scenario, broker):
    """On another broker: a drill that kills Redis kills that one as well, if it is the drill's."""
    killed = any(isinstance(each, Kill) and each.target is Target.REDIS for each in scenario.faults)
    more = (Kill(target=Target.RABBITMQ),) if killed and broker == Target.RABBITMQ else ()
    around = replace(scenario.around, broker=broker)
    name = f"{scenario.name}, on RabbitMQ" if broker else scenario.name
    return replace(scenario, name=name, faults=(*scenario.faults, *more), around=around)


ALL = {
    scenario.name.casefold().replace(" ", "-"): scenario
    for scenario in (
        EVERYTHING_KILLED,
        REDIS_CONNECTION,
        MEMORY_PRESSURE,
        PROCESS_CRASHES,
        STALLS,
        POSTGRES_CONNECTION,
        DISK_FULL,
        CLOCK_JUMPS,
    )
}
REQUIRED = ("redis-connection-chaos", "memory-pressure", "process-crashes")

SMALL = replace(
    EVERYTHING_KILLED,
    name="everything killed, small",
    faults=(
        Kill(target=Target.CHILD),
        Kill(target=Target.WORKER),
        Reset(target=Target.REDIS, duration=1.0),
        Kill(target=Target.AGENT),
        Kill(target=Target.POSTGRES),
        BlackHole(target=Target.REDIS, intensity=0.8, duration=1.5),
        Kill(target=Target.API),
        Wipe(target=Target.REDIS),
        Kill(target=Target.FLEET),
    ),
    hits=0,
    pause=0.7,
    pressure=Pressure(items=250, item_rate=40, event_rate=40, lease=10),
    around=Around(
        proxied=(Target.REDIS,),
        processes=("api", "worker-ingest", "worker-general", "fleet", "beat"),
    ),
)
