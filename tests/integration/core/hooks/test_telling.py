import json
import threading
import uuid
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pluggy
import pytest

from core.access.audit import Actor
from core.hooks import endpoints
from core.hooks.endpoints import NewHook
from core.hooks.secret import secret_of
from core.hooks.telling import Announcer, Courier, NotTakenError, RefusedError, call_plugins
from core.model import HookDelivery, WorkItem
from core.outbound.http import InvalidAddressError, Outbound
from core.outbound.policy import AddressRefusedError, OutboundPolicy
from core.outbound.signing import genuine
from core.plugins.plugins import Plugins
from core.store import hooks, projects, recovery, work
from core.store.hooks import Occasion
from core.store.recovery import Change

SEAL = b"the secret of the platform"
ANN = Actor("ann")


class Endpoint:
    """What was sent to it; `answers` are the statuses that it gives, 200 when they are used up."""

    def __init__(self, url):
        self.url = url
        self.got = []
        self.answers = []
        self.retry_after = "7"


@contextmanager
def listening():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            endpoint.got.append((headers, body))
            self.send_response(endpoint.answers.pop(0) if endpoint.answers else 200)
            self.send_header("retry-after", endpoint.retry_after)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}/told?by=mendline")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def endpoint():
    with listening() as found:
        yield found


@pytest.fixture
def announcer(clock):
    def add(session, order):
        return work.add(session, order, clock.now()).work_id

    return Announcer(add, plugged=True)


@pytest.fixture
def courier():
    return Courier(Outbound(OutboundPolicy.of(["127.0.0.1"])), SEAL, seconds=2)


@pytest.fixture
def project(database, clock):
    with database.transaction() as session:
        return projects.create(session, "shop", now=clock.now())[0].id


@pytest.fixture
def recovered(database, clock, project):
    """A recovery that went from its plan over one act to its end."""
    values = {
        "project_id": project,
        "event_id": uuid.uuid4(),
        "subject": "issue:1",
        "component": "checkout",
        "category": "connection",
        "severity": "high",
        "rule": "usual",
        "chain": ["retry"],
        "situation": {"title": "ConnectionResetError"},
        "acted": 1,
        "first_event_at": clock.now() - timedelta(seconds=9),
        "last_event_at": clock.now(),
    }
    steps = (("planned", "acting"), ("acting", "verifying"), ("verifying", "recovered"))
    with database.transaction() as session:
        begun = Change(None, "planned", "rule usual", "recovery")
        made = recovery.create(session, values, begun, clock.now())
        found = recovery.locked(session, made)
        for old, new in steps:
            recovery.move(session, found, Change(old, new, new, "recovery"), clock.now())
    return made


@pytest.fixture
def world(database, clock, announcer, courier):
    return World(database, clock, announcer, courier)


class World:
    """Hooks of one platform: what is made, told, and carried."""

    def __init__(self, database, clock, announcer, courier):
        self.database = database
        self.clock = clock
        self.announcer = announcer
        self.courier = courier

    def hooked(self, url, **more):
        wanted = NewHook(url, **more)
        with self.database.transaction() as session:
            return endpoints.create(session, wanted, actor=ANN, now=self.clock.now()).id

    def announced(self):
        with self.database.transaction() as session:
            return self.announcer.announce(session, self.clock.now())

    def sent(self):
        with self.database.transaction() as session:
            found = session.query(HookDelivery).order_by(HookDelivery.id).all()
            return [(each.id, each.occasion) for each in found]

    def delivered(self, delivery_id=None, courier=None):
        delivery_id = delivery_id or self.sent()[0][0]
        with self.database.transaction() as session:
            return (courier or self.courier).deliver(session, delivery_id, self.clock.now())


def test_what_comes_to_pass_becomes_messages_and_calls(world, recovered):
    world.hooked("http://hooks.example/")
    made = world.announced()
    assert (made.occasions, made.messages, made.calls) == (3, 3, 3)
    assert [each for _, each in world.sent()] == ["on_error", "on_retry", "on_recovered"]
    assert world.announced().occasions == 0


def test_a_hook_is_told_of_what_it_asked_for(world, database, clock, recovered, project):
    with database.transaction() as session:
        other = projects.create(session, "bank", now=clock.now())[0].id
    world.hooked("http://a.example/", occasions=[Occasion.RECOVERED])
    world.hooked("http://b.example/", project_id=other)
    world.hooked("http://c.example/", project_id=project)
    assert world.announced().messages == 4


def test_a_message_is_signed_and_its_id_stays(world, database, clock, recovered, endpoint):
    hook_id = world.hooked(endpoint.url, occasions=[Occasion.RECOVERED])
    world.announced()
    ((delivery_id, _),) = world.sent()
    endpoint.answers = [503]
    with pytest.raises(NotTakenError) as refused:
        world.delivered(delivery_id)
    clock.advance(60)
    assert world.delivered(delivery_id) == {"sent": True, "status": 200}
    (first, body), (second, same) = endpoint.got
    assert refused.value.retry_after == 7
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-timestamp"] != second["webhook-timestamp"]
    assert body == same
    with database.transaction() as session:
        secret = secret_of(SEAL, hooks.get(session, hook_id).salt)
    assert genuine(second, same, secret=secret, now=clock.now())
    assert not genuine(second, same + b" ", secret=secret, now=clock.now())


def test_what_a_message_says(world, recovered, endpoint):
    world.hooked(endpoint.url, occasions=[Occasion.RECOVERED])
    world.announced()
    world.delivered()
    told = json.loads(endpoint.got[0][1])
    assert (told["type"], told["timestamp"]) == ("on_recovered", "2026-03-01T12:00:00.000Z")
    data = told["data"]
    assert (data["recovery_id"], data["component"]) == (str(recovered), "checkout")
    assert (data["title"], data["seconds"], data["attempt"]) == ("ConnectionResetError", 9.0, 1)


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, RefusedError), (302, RefusedError), (410, RefusedError), (429, NotTakenError)],
)
def test_what_can_change_is_tried_again(world, recovered, endpoint, status, error):
    world.hooked(endpoint.url, occasions=[Occasion.ERROR])
    world.announced()
    endpoint.answers = [status]
    with pytest.raises(error):
        world.delivered()


def test_the_time_to_wait_may_be_a_moment(world, clock, recovered, endpoint):
    world.hooked(endpoint.url, occasions=[Occasion.ERROR])
    world.announced()
    endpoint.answers = [429]
    until = clock.now().replace(microsecond=0) + timedelta(minutes=10)
    endpoint.retry_after = format_datetime(until, usegmt=True)
    with pytest.raises(NotTakenError) as refused:
        world.delivered()
    assert refused.value.retry_after == pytest.approx(600, abs=1)


def test_the_inside_of_the_network_is_not_called(world, recovered, endpoint):
    world.hooked(endpoint.url, occasions=[Occasion.ERROR])
    world.announced()
    with pytest.raises(AddressRefusedError):
        world.delivered(courier=Courier(Outbound(OutboundPolicy()), SEAL))
    assert endpoint.got == []


def test_an_address_that_cannot_be_called_is_refused_at_once(world):
    with pytest.raises(InvalidAddressError):
        world.hooked("ftp://hooks.example/")


def test_messages_to_a_deleted_hook_are_dropped(world, database, clock, recovered):
    hook_id = world.hooked("http://hooks.example/")
    world.announced()
    waiting = world.sent()[0][0]
    with database.transaction() as session:
        hook = hooks.get(session, hook_id)
        endpoints.remove(session, hook, actor=ANN, now=clock.now())
    assert world.delivered(waiting)["sent"] is False


def test_plugins_are_called_with_what_their_hook_takes(world, database, recovered):
    class Plugin:
        def __init__(self):
            self.heard = []

    marker = pluggy.HookimplMarker("mendline")
    Plugin.on_recovered = marker(
        lambda self, error, seconds: self.heard.append((error["component"], seconds))
    )
    plugin, plugins = Plugin(), Plugins()
    assert plugins.add(plugin, "listener")
    world.announced()
    with database.transaction() as session:
        calls = session.query(WorkItem).filter_by(task="hooks.call").order_by(WorkItem.id).all()
        found = [call_plugins(plugins, **_given(each.arguments)) for each in calls]
    assert plugin.heard == [("checkout", 9.0)]
    assert found == [{}, {}, {"listener": "called"}]


def _given(arguments):
    return {"occasion": arguments["occasion"], "values": arguments["values"]}
