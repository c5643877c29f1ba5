"""The placeholders, with what each stands for; the reference page is made from this table."""

from typing import NamedTuple


class Placeholder(NamedTuple):
    name: str
    stands_for: str
    example: str


PLACEHOLDERS = (
    Placeholder(
        "n",
        "a number: signed, grouped, with a fraction, an exponent or a percent sign; hexadecimal "
        "numbers, addresses and hashes count too, because one without letters looks like a number",
        "user 4711 at 0x7fff5fbff8a0, commit a93c7d2, 12.5 %",
    ),
    Placeholder("duration", "a span of time with its unit", "timed out after 1m30s"),
    Placeholder("size", "an amount of data with its unit", "only 12.5 MB left"),
    Placeholder("date", "a date, a time of day, or both", "Tue, 20 Feb 2024 22:16:36 GMT"),
    Placeholder("uuid", "a UUID", "7c1811ed-e98f-4c9c-a9f9-58c757ff494f"),
    Placeholder("trace", "a trace context or request id", "1-67891233-abcdef012345678912345678"),
    Placeholder("token", "a key, a token, a random id, a base64 text", "invoice k9Mtd2gDcgG"),
    Placeholder("ip", "a network address, with port or prefix", "10.0.0.1:8080, fe80::1%eth0"),
    Placeholder("host", "a full host name, with port", "db-1.prod.internal:5432"),
    Placeholder("url", "a URL of any scheme", "amqp://guest:guest@mq:5672//"),
    Placeholder("email", "an e-mail address", "bob@example.com"),
    Placeholder("path", "a file, with its line and column", "/var/lib/app/data.db"),
    Placeholder("version", "a version with at least two dots, or with a v", "v2.0.0-rc.1"),
    Placeholder("bool", "true or false as the value of a key", "retry=False"),
    Placeholder("str", "a quoted or assigned value, a row of values", "user 'bob', name=bob"),
)
