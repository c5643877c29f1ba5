"""Each probe against the real thing, well and ill; what cannot be asked is an error."""

import socket

import pytest

from core.clock import SystemClock
from core.errors import BrokerUnavailableError, ConfigurationError
from core.outbound.http import Outbound
from core.outbound.policy import OutboundPolicy
from core.recovery.arguments import ArgumentError
from core.recovery.declared import Command, Connection, Query
from core.recovery.ports import MemoryQueues
from core.recovery.probe import Question
from core.recovery.probes.celery_ping import CeleryPingProbe
from core.recovery.probes.command import CommandProbe
from core.recovery.probes.http import HttpProbe
from core.recovery.probes.sql import SqlProbe
from core.recovery.probes.tcp import TcpProbe
from core.recovery.running import Runner
from tests.http_sink import sinking

HERE = OutboundPolicy.of(["127.0.0.1"])
CLOCK = SystemClock()


def ask(probe, *, timeout=2.0, **arguments):
    return probe.ask(Question(probe.name, arguments, timeout))


@pytest.fixture(scope="module")
def sink():
    with sinking() as found:
        yield found


@pytest.mark.parametrize(
    ("answer", "told", "healthy"),
    [
        ((200, {}, b"ready"), {}, True),
        ((200, {}, b"ready"), {"contains": "ready"}, True),
        ((200, {}, b"starting"), {"contains": "ready"}, False),
        ((503, {}, b""), {}, False),
        ((503, {}, b""), {"status": 503}, True),
        ((302, {"location": "/"}, b""), {}, False),
    ],
)
def test_http(sink, answer, told, healthy):
    sink.answers = [answer]
    finding = ask(HttpProbe(Outbound(HERE), CLOCK), url=f"{sink.url}/health", **told)
    assert finding.healthy is healthy
    assert str(answer[0]) in finding.summary


def test_http_of_nobody_is_a_finding_and_of_the_inside_an_error(sink):
    assert not ask(HttpProbe(Outbound(HERE), CLOCK), url="http://127.0.0.1:1/").healthy
    with pytest.raises(ArgumentError, match="MENDLINE_OUTBOUND_ALLOW"):
        ask(HttpProbe(Outbound(OutboundPolicy()), CLOCK), url=sink.url)
    with pytest.raises(ArgumentError):
        ask(HttpProbe(Outbound(HERE), CLOCK), url=sink.url, method="DELETE")


def test_tcp():
    probe = TcpProbe(HERE, CLOCK)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert ask(probe, host="127.0.0.1", port=port).healthy
    assert not ask(probe, host="127.0.0.1", port=port).healthy
    assert not ask(probe, host="no-such-host.invalid", port=1).healthy
    with pytest.raises(ArgumentError):
        ask(TcpProbe(OutboundPolicy(), CLOCK), host="localhost", port=port)


@pytest.fixture
def sql(postgres_server):
    databases = {
        "shop": Connection(postgres_server),
        "away": Connection("postgresql://me:hunter22@127.0.0.1:1/shop"),
    }
    texts = {"few": "SELECT 3", "none": "SELECT 0 WHERE false", "slow": "SELECT pg_sleep(9)"}
    queries = {name: Query("shop", text, at_most=5) for name, text in texts.items()}
    queries["many"] = Query("shop", "SELECT 9", at_most=5)
    queries["mean"] = Query("shop", "SELECT avg(n) FROM generate_series(1, 4) AS n", at_most=2.5)
    queries["sum"] = Query("shop", "SELECT sum(n) FROM generate_series(1, 4) AS n", at_most=5)
    queries["lag"] = Query("shop", "SELECT extract(epoch FROM interval '7 s')", at_most=5)
    queries["odd"] = Query("shop", "SELECT 'NaN'::float8", at_most=5)
    queries["odder"] = Query("shop", "SELECT 'NaN'::numeric", at_most=5)
    queries["too_few"] = Query("shop", "SELECT 1", at_least=2)
    queries["writes"] = Query("shop", "CREATE TABLE probed (id int)", at_most=5)
    return SqlProbe(databases, queries, CLOCK)


def test_sql(sql):
    assert ask(sql, database="shop").healthy
    away = ask(sql, database="away")
    assert (away.healthy, away.summary) == (False, "failed: ML-DB-0001")


@pytest.mark.parametrize(
    ("query", "summary"),
    [
        ("few", "answered"),
        ("many", "answered 9, more than 5"),
        ("mean", "answered"),
        ("sum", "answered 10, more than 5"),
        ("lag", "answered 7, more than 5"),
        ("odd", "answered no number"),
        ("odder", "answered no number"),
        ("too_few", "answered 1, less than 2"),
        ("none", "answered no number"),
        ("slow", "failed: ML-DB-0008"),
        ("writes", "failed: ML-DB-0012"),
    ],
)
def test_a_declared_query_has_bounds_a_time_and_reads_only(sql, query, summary):
    finding = ask(sql, query=query, timeout=0.3 if query == "slow" else 2.0)
    assert (finding.summary, finding.healthy) == (summary, summary == "answered")


def test_a_query_of_the_policy_itself_is_refused(sql):
    with pytest.raises(ArgumentError):
        ask(sql, query="SELECT 1")
    with pytest.raises(ArgumentError):
        ask(sql, database="shop", sql="SELECT 1")


class Away(MemoryQueues):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def ping(self, broker, *, timeout):
        raise self.error


def test_celery_ping():
    probe = CeleryPingProbe(MemoryQueues(["pay@a", "pay@b", "mail@a"]), CLOCK)
    assert ask(probe, workers=2, name="pay@").healthy
    assert not ask(probe, workers=3, name="pay@").healthy
    assert not ask(CeleryPingProbe(Away(BrokerUnavailableError()), CLOCK)).healthy
    with pytest.raises(ArgumentError):
        ask(CeleryPingProbe(Away(ConfigurationError()), CLOCK), broker="unknown")


def test_command():
    commands = {
        "well": Command(("/bin/sh", "-c", "echo fine")),
        "ill": Command(("/bin/sh", "-c", "echo no disk; exit 2")),
        "slow": Command(("/bin/sleep", "9")),
        "missing": Command(("/no/such/program",)),
    }
    probe = CommandProbe(commands, Runner())
    assert ask(probe, command="well").healthy
    assert ask(probe, command="ill").summary == "ended with 2: no disk"
    assert ask(probe, command="slow", timeout=0.2).summary == "took too long"
    with pytest.raises(ArgumentError, match="cannot be started"):
        ask(probe, command="missing")
