"""Numbers as options: within their bounds, and numbers at all."""

import math
from typing import Any

import click


class Amount(click.FloatRange):
    """`nan` is neither below nor above any bound, so it passes where only these are asked."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        found: float = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value!r} is no number.", param, ctx)
        return found
