import json
from dataclasses import replace

import pytest

from core.alerts.channel import NoticeKind, TransportError
from core.alerts.channels.pagerduty import PagerDuty
from core.alerts.sample import sample


@pytest.fixture
def pagerduty(sink, poster):
    sink.answers = [(202, {}, b'{"status":"success","dedup_key":"test-test"}')]
    return PagerDuty(
        name="pages", poster=poster, integration_key="k" * 32, url=f"{sink.url}/v2/enqueue"
    )


def events(sink):
    return [json.loads(each.body) for each in sink.received]


def test_an_episode_is_one_incident(sink, pagerduty):
    kinds = (
        NoticeKind.TRIGGER,
        NoticeKind.ACKNOWLEDGE,
        NoticeKind.UPDATE,
        NoticeKind.RESOLVE,
    )
    for kind in kinds:
        pagerduty.send(sample(kind), timeout=2)
    told = events(sink)
    assert [each["event_action"] for each in told] == [
        "trigger",
        "acknowledge",
        "trigger",
        "resolve",
    ]
    assert {each["dedup_key"] for each in told} == {"test-test"}
    assert {each["routing_key"] for each in told} == {"k" * 32}


def test_what_a_trigger_tells(sink, pagerduty):
    first = replace(sample().alerts[0], severity="high", links={"Runbook": "http://r.test/1"})
    receipt = pagerduty.send(replace(sample(), alerts=(first,) * 30, url="http://m"), timeout=2)
    event = events(sink)[0]
    assert event["payload"]["severity"] == "error"
    assert event["payload"]["source"] == event["payload"]["component"] == "mendline"
    assert len(event["payload"]["custom_details"]["alerts"]) == 20
    assert event["payload"]["custom_details"]["alerts_not_shown"] == 10
    assert event["links"] == [{"text": "Runbook", "href": "http://r.test/1"}]
    assert receipt.provider_id == "test-test"


def test_a_title_is_cut_to_what_it_takes(sink, pagerduty):
    pagerduty.send(replace(sample(), title="x" * 5_000), timeout=2)
    assert len(events(sink)[0]["payload"]["summary"]) == 1_024


def test_an_event_is_never_longer_than_it_takes(sink, pagerduty):
    wordy = {f"note{number}": "\x01" * 2_000 for number in range(4)}
    many = (replace(sample().alerts[0], annotations=wordy, links={"source": "h" * 2_000}),) * 20
    pagerduty.send(replace(sample(), alerts=many, summary="x" * 16_000), timeout=5)
    assert len(sink.received[-1].body) < 512 * 1_000
    told = events(sink)[-1]["payload"]["custom_details"]
    assert len(told["alerts"]) + told["alerts_not_shown"] == 20
    assert told["alerts"]


@pytest.mark.parametrize(("status", "permanent"), [(400, True), (429, False), (502, False)])
def test_a_wrong_event_is_not_sent_again(sink, pagerduty, status, permanent):
    sink.answers = [(status, {}, b'{"status":"invalid event"}')]
    with pytest.raises(TransportError) as raised:
        pagerduty.send(sample(), timeout=2)
    assert raised.value.permanent is permanent
    assert "invalid event" in raised.value.excerpt
    assert "k" * 32 not in str(raised.value)
