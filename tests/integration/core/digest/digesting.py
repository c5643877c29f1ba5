"""A process that digests until it is killed: `python -m … URL`."""

import sys

from core.clock import FixedClock
from core.store.engine import Database
from tests.conftest import NOON
from tests.integration.core.digest.world import World


def say(word):
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main():
    world = World(Database(sys.argv[1]), FixedClock(NOON), size=int(sys.argv[2]))
    digester = world.digester(writer=7)
    say("ready")
    sys.stdin.readline()
    while digester.batch().rows:
        pass
    say("empty")


if __name__ == "__main__":
    main()
