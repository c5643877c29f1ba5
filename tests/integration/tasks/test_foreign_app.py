"""Another Celery application with the module from the how-to page, on a broker of its own."""

import re
import shutil
import sys
from pathlib import Path

import pytest
import redis
from celery import Celery
from sqlalchemy.engine import make_url

from config.settings import Settings
from core import deadletters
from core.access.audit import Actor
from core.clock import SystemClock
from core.deadletters import Edit, LetterFilter, Means, Pace, replays
from core.recovery.ports import Resend
from tasks.applications import CeleryQueues
from tests.integration.tasks.conftest import ROOT, wait_until

PAGE = ROOT / "docs" / "howto" / "dead-letters-for-your-celery-app.md"
MODULE = re.compile(r'```python title="dead_letters\.py"\n(.*?)```', re.DOTALL)
OPS = Actor("ops")


@pytest.fixture(scope="module")
def shop_broker(redis_server):
    url = make_url(redis_server).set(database="6").render_as_string(hide_password=False)
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture(scope="module")
def environment(environment, shop_broker):
    return environment | {"MENDLINE_BROKERS": f'{{"shop": "{shop_broker}"}}'}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The application's own directory: its module, and what the page has it save beside it."""
    folder = tmp_path_factory.mktemp("shop")
    (found,) = MODULE.findall(PAGE.read_text())
    (folder / "dead_letters.py").write_text(found)
    shutil.copy(Path(__file__).with_name("shop.py"), folder)
    return folder


@pytest.fixture(scope="module")
def shop(start, worker, environment, shop_broker, place):
    own = {
        "SHOP_BROKER_URL": shop_broker,
        "SHOP_PLACE": str(place),
        "PYTHONPATH": str(place),
        "MENDLINE_BROKER_URL": environment["MENDLINE_REDIS_URL"],
        "DEAD_LETTERS_NAME": "shop",
    }
    arguments = ("-c", "1", "-l", "INFO", "--without-mingle", "--without-gossip")
    start("shop", "celery", "-A", "shop", "worker", *arguments, **own).says(" ready.")
    app = Celery("customer", broker=shop_broker, set_as_current=False)
    yield app
    app.close()


@pytest.fixture
def means(ledger):
    def cancel(session, work_id):
        return ledger.cancel(session, work_id, reason="recalled")

    return Means(ledger.add, cancel, {"shop"}, {"alerts", "deadletter", "intake"})


def failed(house, **fields):
    (letter,) = wait_until(lambda: house.letters(**fields))
    return letter


def test_a_failure_there_is_a_letter_here_and_its_replay_runs_there(shop, house, place, means):
    sent = shop.send_task("shop.bill", args=[17], kwargs={"password": "x"}, queue="shop")
    letter = failed(house, message_id=sent.id)
    assert (letter.reason, letter.broker, letter.queue) == ("reported", "shop", "shop")
    assert (letter.error_type, letter.attempts) == ("ValueError", 1)
    assert "in bill" in letter.traceback
    (place / "open").touch()
    with house.database.transaction() as session:
        now = SystemClock().now()
        changes = Edit(args=[4711])
        deadletters.replay(session, letter.id, means=means, actor=OPS, now=now, changes=changes)
    billed = place / "billed-4711"
    wait_until(lambda: house.fleet() or billed.exists())
    assert wait_until(billed.read_text) == "x"


def test_a_run_that_fails_there_again_ends_by_itself(shop, house, place, means):
    (place / "open").unlink(missing_ok=True)
    ids = [shop.send_task("shop.bill", args=[n], queue="shop").id for n in (1, 2)]
    first = [failed(house, message_id=each).id for each in ids]
    with house.database.transaction() as session:
        wanted, now = LetterFilter(ids=first), SystemClock().now()
        run_id = replays.start(session, wanted, Pace(), means=means, actor=OPS, now=now).id

    def ended():
        house.fleet()
        with house.database.transaction() as session:
            run = replays.get(session, run_id)
            return run if run.state != "running" else None

    run = wait_until(ended)
    assert (run.state, run.failed) == ("failed", 2)
    again = [letter.replay_of for letter in house.letters(task="shop.bill", state="open")]
    assert sorted(again) == first


def test_only_the_last_attempt_is_told(shop, house):
    sent = shop.send_task("shop.retry", queue="shop")
    letter = failed(house, message_id=sent.id)
    assert (letter.attempts, letter.error_type, letter.message) == (
        3,
        "OSError",
        "the bank is away",
    )


def test_a_lost_child_is_told_by_the_main_process(shop, house):
    sent = shop.send_task("shop.crash", queue="shop")
    letter = failed(house, message_id=sent.id)
    assert (letter.error_type, letter.queue) == ("WorkerLostError", "shop")


def test_the_module_imports_nothing_of_ours(place):
    text = (place / "dead_letters.py").read_text()
    imported = set(re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE))
    assert imported - set(sys.stdlib_module_names) == {"celery"}


def test_its_workers_answer_and_take_what_recovery_sends(shop, place, shop_broker):
    queues = CeleryQueues(shop, Settings(brokers={"shop": shop_broker}))
    assert len(queues.ping("shop", timeout=5)) == 1
    (place / "open").touch()
    queues.send(
        Resend("shop.bill", "shop", [99], {"password": "y"}, "shop"), message_id="recovery-99"
    )
    assert wait_until((place / "billed-99").exists)
