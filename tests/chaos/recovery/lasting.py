"""Failures that nothing can mend but a person: nothing may be tried, and one has to be told."""

import csv
import http.client
import importlib
import json
import os
import pickle
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.chaos.recovery.dependency import Dependency
from tests.chaos.recovery.shop import fetch


@dataclass(frozen=True)
class Lasting:
    """`act` really fails, each time in the same way."""

    name: str
    act: Callable

    @property
    def component(self):
        return self.name.replace(" ", "-")


def _sql(name, statement, *values, user="shop"):
    def act(ground):
        url = ground.shop.database_url.replace("shop:opens", f"{user}:opens")
        with psycopg.connect(url) as connection:
            connection.execute(statement, values or None)

    return Lasting(name, act)


def _connect(ground, old, new):
    psycopg.connect(ground.shop.database_url.replace(old, new)).close()


def sign_in(ground):
    _connect(ground, "shop:opens", "shop:guessed")


def sign_in_as_nobody(ground):
    _connect(ground, "shop:opens", "nobody:opens")


def open_another_database(ground):
    _connect(ground, "/shop", "/chop")


def _asked(ground, status):
    path = f"/lasting/{status}"
    ground.dependency.always(path, status)
    fetch(ground.dependency.port, path)


def order_nothing(ground):
    _asked(ground, 400)


def ask_without_name(ground):
    _asked(ground, 401)


def read_others_orders(ground):
    _asked(ground, 403)


def find_lost_order(ground):
    _asked(ground, 404)


def delete_prices(ground):
    _asked(ground, 405)


def visit_old_shop(ground):
    _asked(ground, 410)


def upload_film(ground):
    _asked(ground, 413)


def upload_xml(ground):
    _asked(ground, 415)


def order_minus_one(ground):
    _asked(ground, 422)


def pay_by_cheque(ground):
    _asked(ground, 501)


def _bug(name, act):
    return Lasting(name, lambda _ground: act())


def remember_in_a_word(ground):
    with ground.shop.cache() as cache:
        cache.set("word", "x")
        cache.lpush("word", 1)


def ask_for_the_future(ground):
    with ground.shop.cache() as cache:
        cache.execute_command("NOSUCHCOMMAND")


def expired_certificate(ground):
    """A service with a certificate of its own that ended yesterday."""
    folder = ground.folder / "certificate"
    folder.mkdir(exist_ok=True)
    pair = _certificate(folder)
    with Dependency(certificate=pair) as service:
        context = ssl.create_default_context(cafile=pair[0])
        connection = http.client.HTTPSConnection("localhost", service.port, context=context)
        connection.request("GET", "/")


def _certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    yesterday = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(yesterday - timedelta(days=30))
        .not_valid_after(yesterday)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(pem, form, plain))
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    return str(folder / "cert.pem"), str(folder / "key.pem")


def wrong_cache_password(ground):
    url = ground.shop.cache_url
    password = url.partition("://:")[2].partition("@")[0]
    with redis.Redis.from_url(url.replace(password, "wrong")) as client:
        client.ping()


def too_many_columns():
    reader = csv.DictReader(["a,b", "1,2"], strict=True)
    for row in reader:
        int(row["c"])


def endless():
    return endless()


LASTING = [
    Lasting("bad password", sign_in),
    Lasting("no such role", sign_in_as_nobody),
    Lasting("no such database", open_another_database),
    _sql("no right to a table", "SELECT * FROM orders", user="clerk"),
    _sql("table missing", "SELECT * FROM invoices"),
    _sql("column missing", "SELECT colour FROM orders"),
    _sql("function missing", "SELECT vat(1)"),
    _sql("statement wrong", "SELEKT 1"),
    _sql("unique violation", "INSERT INTO accounts VALUES (1, 1)"),
    _sql("foreign key violation", "INSERT INTO lines VALUES (1, 4711)"),
    _sql("not null violation", "INSERT INTO orders (id) VALUES ('x')"),
    _sql("check violation", "UPDATE accounts SET balance = -1 WHERE id = 40"),
    _sql("no number", "SELECT %s::int", "twelve"),
    _sql("number too large", "SELECT %s::int * 1000", 2_000_000_000),
    _sql("divided by zero in the database", "SELECT 1 / 0"),
    Lasting("request refused", order_nothing),
    Lasting("not signed in", ask_without_name),
    Lasting("forbidden", read_others_orders),
    Lasting("not found", find_lost_order),
    Lasting("method not allowed", delete_prices),
    Lasting("gone", visit_old_shop),
    Lasting("body too large", upload_film),
    Lasting("media type", upload_xml),
    Lasting("not valid", order_minus_one),
    Lasting("not built", pay_by_cheque),
    Lasting("certificate expired", expired_certificate),
    Lasting("wrong cache password", wrong_cache_password),
    Lasting("value of another type", remember_in_a_word),
    Lasting("no such command", ask_for_the_future),
    _bug("type error", lambda: "1" + 1),
    _bug("key error", lambda: {}["total"]),
    _bug("attribute error", lambda: None.price),
    _bug("index error", [].pop),
    _bug("divided by zero", lambda: 1 / 0),
    _bug("name error", lambda: undefined),  # noqa: F821
    _bug("value error", lambda: int("twelve")),
    _bug("column not in the file", too_many_columns),
    _bug("endless recursion", endless),
    _bug("module missing", lambda: importlib.import_module("shop_plugins.paypal")),
    _bug("name not in module", lambda: exec("from os import nothing_of_the_kind")),
    _bug("no json", lambda: json.loads("{")),
    _bug("no utf-8", b"\xff".decode),
    _bug("no pickle", lambda: pickle.loads(b"x")),
    _bug("file missing", lambda: Path("/nowhere/prices.csv").read_text()),
    _bug("setting missing", lambda: os.environ["SHOP_BANK_ACCOUNT"]),
    _bug("program missing", lambda: subprocess.run(["/usr/bin/no-such-program"], check=True)),
    # What the sample application raises for a part that its authors left out: a bug of theirs.
    _bug("not written yet", lambda: (_ for _ in ()).throw(NotImplementedError("refunds"))),
]
