import pytest
from sqlalchemy import text

from core.store import projects
from core.store.payloads import PayloadError, Payloads, train
from tests.benchmarks import events

SAMPLES = [events.raw_event(n) for n in range(20)]


@pytest.fixture
def session(database):
    with database.transaction() as session:
        yield session


def add_dictionary(session, version, data):
    project, _ = projects.ensure(session, "shop", now=events.START)
    statement = text("""
        INSERT INTO payload_dictionaries (project_id, version, sample_count, data, created_at)
        VALUES (:project, :version, 1, :data, :now) RETURNING id""")
    values = {"project": project.id, "version": version, "data": data, "now": events.START}
    return session.execute(statement, values).scalar()


def test_every_version_stays_readable(session):
    first = add_dictionary(session, 1, train(SAMPLES, SAMPLES[:2]))
    second = add_dictionary(session, 2, train(SAMPLES, SAMPLES[5:]))
    writer, reader = Payloads(), Payloads()
    packed = [(writer.pack(session, SAMPLES[7], d), d) for d in (None, first, second)]
    assert [reader.raw(session, payload, d) for payload, d in packed] == [SAMPLES[7]] * 3


def test_only_the_dictionaries_used_last_are_kept_in_memory(session):
    ids = [add_dictionary(session, n, SAMPLES[n]) for n in range(1, 5)]
    payloads = Payloads(cached=2)
    packed = [payloads.pack(session, SAMPLES[10], d) for d in ids]
    assert list(payloads._coders) == ids[2:]
    assert payloads.raw(session, packed[0], ids[0]) == SAMPLES[10]


def test_a_dictionary_that_is_gone_is_an_error(session):
    with pytest.raises(PayloadError, match="gone"):
        Payloads().raw(session, b"x", 4711)
