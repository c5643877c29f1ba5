"""One alert as the decisions see it: values only, so that they can be made again from rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictured:
    """`firing` while it is not resolved; `acknowledged` when somebody looks after it.

    `level` is its severity in a word of ours, where the label of that name has another one.
    """

    id: int
    labels: Mapping[str, str]
    firing: bool
    started_at: datetime
    acknowledged: bool = False
    level: str = ""
    project_id: int | None = None
    issue_id: int | None = None
    component: str | None = None
    release: str | None = None

    @property
    def name(self) -> str:
        return self.labels.get("alertname", "")

    @property
    def severity(self) -> str:
        return self.level or self.labels.get("severity", "")
