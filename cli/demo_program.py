"""A small web shop in which everything goes wrong; its errors are reported with sentry-sdk.

Run by `mendline demo` as a process of its own: `python -m cli.demo_program DSN`. It prints a line
of JSON for each failure: its name and the id of the event.
"""

import asyncio
import json
import socket
import sqlite3
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import TracebackType
from typing import Final

import sentry_sdk
from pydantic import BaseModel, Field

FAILURES: Final[list[Callable[[], object]]] = []
REPEATS: Final = {"duplicate_order": 3, "card_service_refuses": 4, "price_of_nothing": 2}
FLUSH_SECONDS: Final = 15


def failure(function: Callable[[], object]) -> Callable[[], object]:
    FAILURES.append(function)
    return function


class Order(BaseModel):
    customer: str
    quantity: int = Field(gt=0)


class OutOfStockError(Exception):
    """Nothing is left of it."""


class CheckoutError(Exception):
    """The order could not be completed."""


@failure
def duplicate_order() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE orders (number INTEGER PRIMARY KEY)")
        for _ in range(2):
            database.execute("INSERT INTO orders VALUES (4711)")


@failure
def forgotten_migration() -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("SELECT total FROM invoices")


@failure
def database_is_locked() -> None:
    shared = "file:demo?mode=memory&cache=shared"
    with closing(_connected(shared)) as writer, closing(_connected(shared)) as other:
        writer.execute("CREATE TABLE stock (sku TEXT)")
        writer.execute("BEGIN EXCLUSIVE")
        other.execute("INSERT INTO stock VALUES ('a')")


def _connected(address: str) -> sqlite3.Connection:
    return sqlite3.connect(address, uri=True, timeout=0, isolation_level=None)


@failure
def card_service_refuses() -> None:
    with socket.socket() as unused:  # bound, but nobody listens
        unused.bind(("127.0.0.1", 0))
        socket.create_connection(unused.getsockname(), timeout=1)


@failure
def card_service_is_overloaded() -> None:
    with _answering(503) as url:
        urllib.request.urlopen(url, timeout=5)  # noqa: S310 (our own address)


@failure
def card_is_declined() -> None:
    with _answering(402) as url:
        urllib.request.urlopen(url, timeout=5)  # noqa: S310


@contextmanager
def _answering(status: int) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(status)

        def log_message(self, *_: object) -> None:
            """Says nothing: standard error belongs to the program that shows the demo."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"


@failure
def carrier_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connection = socket.create_connection(silent.getsockname(), timeout=0.1)
        with connection:
            connection.recv(1)


@failure
def recommendation_takes_too_long() -> None:
    async def recommend() -> None:
        await asyncio.wait_for(asyncio.sleep(5), timeout=0.05)

    asyncio.run(recommend())


@failure
def unknown_host() -> None:
    socket.getaddrinfo("warehouse.invalid", 443)


@failure
def order_without_a_customer() -> None:
    Order.model_validate({"quantity": -1})


@failure
def broken_webhook() -> None:
    json.loads('{"payment": "settled",')


@failure
def broken_characters() -> None:
    b"M\xfcller".decode()


@failure
def price_of_nothing() -> Decimal:
    return Decimal(100) / Decimal(0)


@failure
def cart_is_none() -> int:
    carts: dict[str, dict[str, list[int]] | None] = {"ann": None}
    return len(carts["ann"]["items"])  # type: ignore[index]  # the very mistake that is shown


@failure
def missing_field() -> str:
    return {"name": "Ann"}["address"]


@failure
def no_invoice_template() -> str:
    return Path("templates/invoice-of-the-demo.html").read_text()


@failure
def label_printer_fails() -> None:
    subprocess.run([sys.executable, "-c", "raise SystemExit(7)"], check=True)


@failure
def category_is_its_own_parent() -> int:
    return _depth({"shoes": "shoes"}, "shoes")


def _depth(parents: dict[str, str], category: str) -> int:
    return 1 + _depth(parents, parents[category])


@failure
def checkout_fails_because_of_stock() -> None:
    """One error is the cause of another, and that of a third."""
    stock: dict[str, int] = {}
    try:
        try:
            stock["sku-7"] -= 1
        except KeyError as error:
            raise OutOfStockError("sku-7") from error
    except OutOfStockError as error:
        raise CheckoutError("order 4711 could not be completed") from error


@failure
def several_at_once() -> None:
    raise ExceptionGroup(
        "three of five shipments failed",
        [TimeoutError("carrier A"), ConnectionResetError("carrier B"), ValueError("no such zone")],
    )


class Reported:
    """Reports what the block fails with, prints the id of the event, and lets the program go on."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        """Nothing is needed before."""

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> bool:
        if error is None or not isinstance(error, Exception):
            return False
        event_id = sentry_sdk.capture_exception(error)
        print(json.dumps({"failure": self._name, "event_id": event_id}), flush=True)
        return True


def main() -> None:
    sentry_sdk.init(dsn=sys.argv[1], release="demo@1.0", environment="demo")
    sentry_sdk.set_tag("component", "shop")
    for fail in FAILURES:
        for _ in range(REPEATS.get(fail.__name__, 1)):
            with Reported(fail.__name__):
                fail()
    sentry_sdk.flush(FLUSH_SECONDS)


if __name__ == "__main__":
    main()
