"""A way of telling issues apart, with the version under which its keys are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.analysis.language import Language
from core.analysis.telling import Telling, telling
from core.versions import GROUPING_VERSION


@dataclass(frozen=True, eq=False, slots=True)
class Edition:
    """`languages`: by name, those that it knows otherwise than the newest edition. `believing`:
    that a failure calls itself endless recursion decides what of its stack tells.
    """

    version: int
    telling: Telling
    languages: Mapping[str, Language] = field(default_factory=dict)
    believing: bool = True

    def of(self, language: Language) -> Language:
        return self.languages.get(language.name, language)


NEWEST: Final = Edition(GROUPING_VERSION, telling)
