"""A pattern, and what is kept of it."""

import hashlib
from dataclasses import dataclass
from typing import Final

from core.analysis.patterns.reading import VALUE, Form

ID_LENGTH: Final = 16
# Goes into every id: another algorithm starts with other ids.
VERSION: Final = 2


@dataclass(slots=True)
class Pattern:
    """`opened`: places of the form where words were seen that turned out to be values.

    `pattern_id` is made from the form at birth and stays when the form grows more general.
    `gaps` says where the template has spaces. `born` and `seen` count blocks and lines.
    """

    pattern_id: str
    form: Form
    gaps: str
    opened: frozenset[int] = frozenset()
    count: int = 0
    born: int = 0
    seen: int = 0

    @property
    def template(self) -> str:
        pairs = zip(self.gaps, self.form, strict=False)
        return "".join(f" {token}" if gap == " " else token for gap, token in pairs).lstrip()

    def parameters(self, form: Form, values: tuple[str, ...]) -> list[str]:
        """The values of a line: those with the shape of one, and words at opened places."""
        if len(values) == self.form.count(VALUE):
            return list(values)
        rest = iter(values)
        return [
            next(rest, "") if mine == VALUE else mine
            for mine, ours in zip(form, self.form, strict=True)
            if ours == VALUE
        ]


def birth_id(form: Form) -> str:
    text = "\x1f".join((str(VERSION), *form))
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:ID_LENGTH]
