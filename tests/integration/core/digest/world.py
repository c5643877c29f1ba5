"""An inbox with a digest behind it, as the tests of the digest need them."""

import zlib
from datetime import timedelta

import brotli
import orjson
import zstandard
from sqlalchemy import insert, null, select, text

from config.knowledge import knowledge
from core.digest.batch import Digester, Means, Rules
from core.digest.thinning import Thinning
from core.intake.item import Encoding, Kind
from core.model import Event, InboxRow
from core.store import books, projects
from core.store.engine import driver_connection
from core.store.payloads import Payloads
from tests.benchmarks import events

KNOWLEDGE = knowledge()
PACKED = {
    Encoding.IDENTITY: bytes,
    Encoding.GZIP: lambda body: zlib.compress(body, wbits=31),
    Encoding.DEFLATE: zlib.compress,
    Encoding.BROTLI: brotli.compress,
    Encoding.ZSTD: zstandard.compress,
}


def failure(number, *, kind="ValueError", where="shop.cart", **fields):
    """A small event; its issue is told by `kind` and `where`."""
    frame = {"module": where, "function": "run", "in_app": True}
    value = {"type": kind, "value": "no such thing", "stacktrace": {"frames": [frame]}}
    plain = {
        "event_id": events.event_id(number).hex,
        "timestamp": "2026-03-01T12:00:00.000Z",
        "platform": "python",
        "level": "error",
        "exception": {"values": [value]},
    }
    return plain | fields


class World:
    def __init__(self, database, clock, *, size=500, thinning=Thinning(6_000, 20)):  # noqa: B008
        self.database = database
        self.clock = clock
        self.payloads = Payloads()
        self.orders = []
        self.rules = Rules(size=size, thinning=thinning, skew=timedelta(days=1))
        with database.transaction() as session:
            self.project = projects.ensure(session, "shop", now=clock.now())[0].id

    def digester(self, *, writer=1):
        return Digester(self.means(), self.rules, writer=writer)

    def means(self, found=KNOWLEDGE):
        return Means(
            database=self.database,
            payloads=self.payloads,
            knowledge=found,
            clock=self.clock,
            order=lambda _session, order: self.orders.append(order),
        )

    def put(self, *found, project=None, received_at=None):
        """Events into the inbox, each with a line in the books, as intake does it."""
        for event in found:
            self.put_body(
                orjson.dumps(event),
                event_id=event["event_id"],
                project=project,
                received_at=received_at,
            )

    def put_body(
        self,
        body,
        *,
        event_id,
        kind=Kind.EVENT,
        encoding=Encoding.IDENTITY,
        project=None,
        received_at=None,
    ):
        at, project = received_at or self.clock.now(), project or self.project
        values = {
            "project_id": project,
            "event_id": event_id,
            "received_at": at,
            "kind": kind,
            "encoding": encoding,
            "body": PACKED[encoding](body),
            "hints": null(),
        }
        with self.database.transaction() as session:
            session.execute(insert(InboxRow).values(**values))
            line = books.BookLine(at.date(), project, books.Account.ACCEPTED)
            books.post(session, [line], writer=0)

    def fill(self, numbers):
        """Events of real size, many at once."""
        with self.database.transaction() as session:
            cursor = driver_connection(session).cursor()
            with cursor.copy(
                "COPY inbox (project_id, event_id, received_at, kind, encoding, body) FROM STDIN"
            ) as copying:
                for number in numbers:
                    at = self.clock.now()
                    row = (self.project, events.event_id(number), at, Kind.ENVELOPE, Encoding.GZIP)
                    copying.write_row((*row, events.gzipped(number)))
            line = books.BookLine(
                self.clock.now().date(), self.project, books.Account.ACCEPTED, count=len(numbers)
            )
            books.post(session, [line], writer=0)

    def digest(self, digester=None):
        """Batches until nothing is left."""
        digester, done = digester or self.digester(), []
        while (batch := digester.batch()).rows:
            done.append(batch)
        return done

    def rows(self, statement, **values):
        with self.database.transaction() as session:
            return [tuple(row) for row in session.execute(text(statement), values)]

    def execute(self, statement, **values):
        with self.database.transaction() as session:
            session.execute(text(statement), values)

    def one(self, statement, **values):
        (row,) = self.rows(statement, **values)
        return row[0] if len(row) == 1 else row

    def event(self, number):
        with self.database.transaction() as session:
            wanted = select(Event).where(Event.event_id == events.event_id(number))
            return session.scalars(wanted).one()

    def document(self, number):
        found = self.event(number)
        with self.database.transaction() as session:
            return self.payloads.unpack(session, found.payload, found.dictionary_id)

    def totals(self):
        with self.database.transaction() as session:
            return books.totals(session)
