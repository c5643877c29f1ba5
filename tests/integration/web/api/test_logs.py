import json

import pytest

from core.clock import SystemClock
from core.maintenance.logs.line import Shape
from core.maintenance.logs.shipping import Shipper
from core.store import projects
from core.store.engine import libpq_url


@pytest.fixture
def write(database_url):
    shipper = Shipper(lambda: libpq_url(database_url), Shape("here"), clock=SystemClock())

    def write(*events):
        for event in events:
            shipper.put(json.dumps({"event": event, "level": "info"}).encode())
        shipper.ship()

    yield write
    shipper.close()


@pytest.fixture
def get(reader):
    return lambda path="", **query: reader.get(f"/api/v1/logs{path}", params=query)


def events(found):
    return [line["event"] for line in found]


def test_pages_lead_to_one_another(get, write):
    write("a", "b", "c")
    first = get(limit=2)
    assert events(first.json()) == ["c", "b"]
    cursor = first.links["next"]["url"].partition("cursor=")[2].replace("%3A", ":")
    assert events(get(limit=2, cursor=cursor).json()) == ["a"]


def test_who_follows_gets_what_came_since(get, write):
    write("a")
    place = get("/follow").json()["after"]
    write("b", "c")
    found = get("/follow", after=place).json()
    assert events(found["lines"]) == ["b", "c"]
    assert get("/follow", after=found["after"]).json() == {"lines": [], "after": found["after"]}


def test_lines_are_for_those_who_see_the_whole_platform(as_role, database, clock):
    with database.transaction() as session:
        project = projects.create(session, "shop", now=clock.now())[0].id
    assert as_role("read", project).get("/api/v1/logs").status_code == 403
    assert as_role("ingest").get("/api/v1/logs").status_code == 403
