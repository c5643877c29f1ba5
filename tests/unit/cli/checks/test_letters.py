from datetime import timedelta

import pytest

from cli.checks.finding import State
from cli.checks.letters import letters
from config import wiring
from config.settings import Settings
from core.clock import FixedClock
from core.deadletters.sheet import Sheet
from core.store.deadletters import Capture
from tests.conftest import NOON


@pytest.fixture
def settings(data_dir):
    return Settings(data_dir=data_dir)


def state(settings):
    return letters(settings, FixedClock(NOON)).state


def test_nothing_on_disk_is_in_order(settings):
    assert state(settings) is State.OK


@pytest.mark.parametrize(
    ("age", "expected"), [(timedelta(minutes=1), State.OK), (timedelta(hours=1), State.WRONG)]
)
def test_letters_that_lie_there_for_long_are_wrong(settings, age, expected):
    wiring.letter_spool(settings).keep(Sheet(NOON - age, Capture("m", "refused")))
    assert state(settings) is expected


def test_letters_that_postgresql_refused_are_noted(settings):
    spool = wiring.letter_spool(settings)
    spool.folder.mkdir()
    (spool.folder / "1.refused").touch()
    assert state(settings) is State.NOTE
