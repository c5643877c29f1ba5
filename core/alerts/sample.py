"""A notice of no meaning, that channels and templates are tried with."""

from datetime import UTC, datetime
from typing import Final

from core.alerts.channel import AlertView, Notice, NoticeKind

AT: Final = datetime(2026, 1, 1, tzinfo=UTC)


def sample(
    kind: NoticeKind = NoticeKind.TEST, *, at: datetime = AT, key: str = "test", url: str = ""
) -> Notice:
    """`key` is of this one trial."""
    alert = AlertView(
        id=0,
        name="TestAlert",
        state="firing",
        severity="info",
        started_at=at,
        labels={"alertname": "TestAlert", "severity": "info", "component": "mendline"},
        annotations={"summary": "Somebody tries this channel."},
        value=1.0,
        links={"Mendline": url} if url else {},
        fingerprint="0" * 16,
    )
    return Notice(
        kind=kind,
        dedup_key=f"test-{key}",
        webhook_id=f"ntf_test_{key}",
        title="This is a test of Mendline",
        summary="Nothing is wrong; somebody tries whether this channel works.",
        alerts=(alert,),
        group_labels={"alertname": "TestAlert"},
        url=url,
    )
