"""Log lines with the template that each was made from: made up here, or read from CSV files.

The folder named by `BENCH_LOGS` may hold labelled logs of any source: CSV files with the columns
`Content` and `EventId`, one file a system.
"""

import csv
import os
import random
from pathlib import Path

LINES = 2_000

USERS = ("root", "admin", "guest", "oracle", "mara", "jonas", "backup", "deploy7", "svc-cron")
HOSTS = ("db-1.prod.internal", "mail.example.org", "cache.example.com", "10-2-0-7.pool.example.net")
FILES = ("/var/lib/app/data.db", "/etc/app/app.conf", "/srv/files/2024/a.csv", "/opt/app/bin/run")
CLASSES = ("OrderPaid", "OrderLost", "UserJoined", "MailSent", "CartEmptied", "StockLow")

SYSTEMS = {
    "logins": (
        "session opened for user {user} by (uid={n})",
        "session closed for user {user}",
        "Accepted password for {user} from {ip} port {n}",
        "Failed password for {user} from {ip} port {n}",
        "Failed password for invalid user {user} from {ip} port {n}",
        "Connection closed by {ip} [preauth]",
        "Connection reset by {ip} [preauth]",
        "Received disconnect from {ip}: {n}: Bye",
        "Received disconnect from {ip}: {n}: Timeout, client not responding",
        "check pass; user unknown",
        "reverse lookup of {host} [{ip}] failed",
    ),
    "boot": (
        "cron startup succeeded",
        "syslog startup succeeded",
        "syslog shutdown succeeded",
        "network startup succeeded",
        "cpu {n}: cache {size}",
        "Memory: {size}/{size} available",
        "registered new driver usb",
        "registered new driver hid",
        "registered new driver hub",
        "interface eth{n}: link up, {n} Mbps",
        "interface eth{n}: link down",
        "wait state enable......{n}",
        "wait state timeout.....{n}",
    ),
    "jobs": (
        "job_{n} moved from NEW to INITED",
        "job_{n} moved from INITED to RUNNING",
        "job_{n} moved from RUNNING to SUCCEEDED",
        "task_{n} moved from NEW to RUNNING",
        "Registering class app.events.{cls} for class app.handlers.{cls}Handler",
        "Progress of attempt {n} is {f}",
        "Took {f} seconds to build image",
        "Took {f} seconds to destroy image",
        "Retrying connect to server: {host}:{n}. Already tried {n} times",
        "No tasks left",
    ),
    "requests": (
        '{ip} "GET {path}" status: {n} len: {n} time: {f}',
        '{ip} "POST {path}" status: {n} len: {n} time: {f}',
        '{ip} "DELETE {path}" status: {n} len: {n} time: {f}',
        "{host}:{n} close, {size} sent, {size} received, lifetime {time}",
        "{host}:{n} open through proxy {host}:{n} HTTPS",
        "{host}:{n} open through proxy {host}:{n} SOCKS5",
        "could not connect to {host}: refused",
        "could not connect to {host}: timed out",
    ),
    "phone": (
        'acquire lock={n}, tag="{cls}", name=app.{user}, ws={ws}, uid={n}',
        'release lock={n}, tag="{cls}", name=app.{user}, ws={ws}, uid={n}',
        "setLights on=true",
        "setLights on=false",
        "onReceive action: app.intent.SCREEN_ON",
        "onReceive action: app.intent.SCREEN_OFF",
        "steps = {n}##{n}##{n}",
        "flush sensor data",
        "Supported channels {list}",
        "window {hex} token=Token{{{hex} Record{{{hex} u0}}}} shown",
    ),
    "storage": (
        "Received block blk_{n} of size {n} from /{ip}",
        "Deleting block blk_{n} file {path}",
        "block blk_{n} src: /{ip}:{n} dest: /{ip}:{n}",
        "Error reading message prefix on socket to {ip}:{n}, Connection timed out",
        "Error reading message prefix on socket to {ip}:{n}, Link has been severed",
        "Notification: {n} (leader), LOOKING (state), {n} (sid)",
        "Notification: {n} (leader), FOLLOWING (state), {n} (sid)",
        "snapshot {hex} written to {path}",
        "Cannot open {path}: No such file or directory",
        "Cannot open {path}: Permission denied",
    ),
}


def systems():
    """Of each system the lines and their labels."""
    folder = os.environ.get("BENCH_LOGS")
    if folder:
        return {path.stem: _read(path) for path in sorted(Path(folder).rglob("*.csv"))}
    return {name: _made(templates) for name, templates in SYSTEMS.items()}


def _read(path):
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = [(row["Content"], row["EventId"]) for row in csv.DictReader(file)]
    return [line for line, _ in rows], [label for _, label in rows]


def _made(templates):
    """Few templates make most of the lines, as in every log."""
    draw = random.Random(7)
    weights = [1 / rank for rank in range(1, len(templates) + 1)]
    labels = draw.choices(templates, weights, k=LINES)
    return [label.format(**_values(draw)) for label in labels], labels


def _values(draw):
    number = draw.randrange
    return {
        "user": draw.choice(USERS),
        "host": draw.choice(HOSTS),
        "path": draw.choice(FILES),
        "cls": draw.choice(CLASSES),
        "ws": draw.choice(("null", f"Source{{{number(9999)}}}")),
        "time": draw.choice(("<1 sec", f"00:{number(10, 60)}")),
        "size": draw.choice((f"{number(999)} bytes", f"{number(9999)} bytes (1.2 KB)")),
        "list": " ".join(str(number(165)) for _ in range(number(3, 20))),
        "ip": ".".join(str(number(1, 250)) for _ in range(4)),
        "hex": f"{number(16**8):08x}",
        "f": f"{draw.random() * 100:.3f}",
        "n": number(10 ** number(1, 7)),
    }
