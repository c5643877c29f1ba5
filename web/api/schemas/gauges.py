"""Numbers that applications measure."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from web.api.schemas.shape import MomentWritten, NumberText, Shown, Written

# As `core.store.gauges.LABELS`.
Label = Literal["host", "path", "name", "kind", "component", "currency", "subject"]
LabelValue = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class GaugeWritten(Written):
    name: str = Field(
        pattern=r"^[a-zA-Z_][a-zA-Z0-9_]{0,99}$", description="As rules name it: `queue_cost_eur`."
    )
    value: float = Field(allow_inf_nan=False)
    labels: dict[Label, LabelValue] = Field(
        {}, description="What series are told apart by; each set of labels is one."
    )
    at: MomentWritten | None = Field(
        None, description="When it was measured, within a day. Default: now."
    )


class GaugesWritten(Written):
    gauges: list[GaugeWritten] = Field(min_length=1, max_length=1_000)
    project: NumberText | None = Field(None, description="Default: the only project of the key.")


class GaugesTaken(Shown):
    taken: int
