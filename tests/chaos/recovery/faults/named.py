"""A program that asks a service by its name; see network.py."""

import sys

from tests.chaos.recovery.caller import Caller
from tests.chaos.recovery.shop import fetch

HOST = "stock.shop.example"


def main():
    url, port = sys.argv[1:]
    course = Caller(url).work(
        "name-not-known-then-back", "fetch", lambda: fetch(int(port), "/named", host=HOST)
    )
    print(course.written())  # noqa: T201


if __name__ == "__main__":
    main()
