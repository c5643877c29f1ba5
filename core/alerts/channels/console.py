"""The log of the worker: for a first look, and for those who gather logs anyway."""

from dataclasses import dataclass

import structlog

from core.alerts.channel import Notice, Receipt

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Console:
    name: str
    kind: str = "console"

    def send(self, notice: Notice, *, timeout: float) -> Receipt:  # noqa: ARG002 (waits for nobody)
        log.warning(
            "alert.told",
            channel=self.name,
            what=notice.kind.value,
            title=notice.title,
            summary=notice.summary,
            severity=notice.severity,
            alerts=[each.id for each in notice.alerts],
            webhook_id=notice.webhook_id,
            dedup_key=notice.dedup_key,
        )
        return Receipt(None, None, "logged", 0.0)
