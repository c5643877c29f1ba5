"""The series of one measure in the order of their values: what a threshold hits is a slice."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property

from core.alerts.condition import Labels, Sample
from core.alerts.rule import Side


class Panel:
    def __init__(self, samples: Sequence[Sample]) -> None:
        self.samples = samples
        known = [
            (each.value, place) for place, each in enumerate(samples) if each.value is not None
        ]
        known.sort()
        self._values = [value for value, _ in known]
        self._places = [place for _, place in known]

    def worst(self, side: Side) -> Mapping[Labels, Sample]:
        """By their labels; of those that are one by their labels the worst, as `beyond` has it."""
        if len(self._by_labels) == len(self.samples):
            return self._by_labels
        return self._highest if side.upwards else self._lowest

    @cached_property
    def _by_labels(self) -> Mapping[Labels, Sample]:
        return {each.labels: each for each in self.samples}

    @cached_property
    def _highest(self) -> Mapping[Labels, Sample]:
        rising = (self.samples[place] for place in self._places)
        return {each.labels: each for each in (*self.unknown, *rising)}

    @cached_property
    def _lowest(self) -> Mapping[Labels, Sample]:
        falling = (self.samples[place] for place in reversed(self._places))
        return {each.labels: each for each in (*self.unknown, *falling)}

    @cached_property
    def unknown(self) -> Sequence[Sample]:
        """Those of which nothing is known by these labels."""
        known = {self.samples[place].labels for place in self._places}
        return [each for each in self.samples if each.value is None and each.labels not in known]

    def beyond(self, side: Side, threshold: float, *, most: int) -> list[Sample]:
        """The worst first, and no more than `most`."""
        if side.upwards:
            cut = bisect_right if side is Side.ABOVE else bisect_left
            places = self._places[cut(self._values, threshold) :][-most:]
            places.reverse()
        else:
            cut = bisect_left if side is Side.BELOW else bisect_right
            places = self._places[: cut(self._values, threshold)][:most]
        return [self.samples[place] for place in places]
