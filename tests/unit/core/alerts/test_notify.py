from dataclasses import replace
from datetime import timedelta

import orjson

from core.alerts.channel import NoticeKind, rank
from core.alerts.notify import Wanted, dedup_key, webhook_id
from core.alerts.sample import sample
from core.alerts.snapshot import MOST_ALERTS, read, written
from tests.conftest import NOON

WANTED = Wanted(channel="ops", kind=NoticeKind.TRIGGER, dedup_key="d", title="t", summary="s")


def test_a_notice_comes_back_from_its_row_as_it_was():
    notice = sample(url="http://m")
    row = orjson.loads(orjson.dumps(written(notice)))
    assert read(row, thread="C1/2") == replace(notice, thread="C1/2")


def test_of_very_many_alerts_the_number_of_the_rest_is_kept():
    many = replace(sample(), alerts=sample().alerts * (MOST_ALERTS + 7))
    kept = read(orjson.loads(orjson.dumps(written(many))))
    assert (len(kept.alerts), kept.truncated) == (MOST_ALERTS, 7)


def test_the_same_flush_has_the_same_id_whenever_it_is_decided():
    flush = replace(WANTED, group_id=7, flush_seq=3)
    later = NOON + timedelta(hours=1)
    assert webhook_id(flush, NOON) == webhook_id(flush, later)
    assert webhook_id(flush, NOON) != webhook_id(replace(flush, flush_seq=4), NOON)
    assert webhook_id(flush, NOON) != webhook_id(replace(flush, channel="pages"), NOON)
    assert webhook_id(WANTED, NOON) != webhook_id(WANTED, later)


def test_a_dedup_key_is_of_the_group_and_the_episode():
    assert dedup_key("g", 1) == dedup_key("g", 1)
    assert len({dedup_key("g", 1), dedup_key("g", 2), dedup_key("h", 1)}) == 3
    assert len(dedup_key("g" * 9_000, 1)) <= 255


def test_the_worst_that_still_fires_says_how_bad_it_is():
    fires = replace(sample().alerts[0], severity="medium")
    over = replace(fires, severity="critical", state="resolved")
    assert replace(sample(), alerts=(fires, over)).severity == "medium"
    assert replace(sample(), alerts=(over,)).severity == "critical"
    assert rank("critical") < rank("high") < rank("medium") < rank("info") < rank("odd")
