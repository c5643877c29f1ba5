"""What is wrong in a file of rules: where it stands, what it is, and what to do about it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from core.errors import UnprocessableError


class Problem(NamedTuple):
    """`fatal`: such a file cannot be used; else it is worth a look only."""

    line: int
    where: str
    what: str
    remedy: str
    fatal: bool = True

    def __str__(self) -> str:
        kind = "error" if self.fatal else "warning"
        return f"line {self.line}: {kind}: {self.where}: {self.what} {self.remedy}"


class RulesError(UnprocessableError):
    """A file of rules that cannot be used."""

    code = "ML-VAL-0030"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = [problem for problem in problems if problem.fatal]
        lines = "\n".join(map(str, self.problems))
        super().__init__(f"These rules cannot be used.\n{lines}", problems=self.told())

    def told(self) -> list[dict[str, Any]]:
        """As JSON has it."""
        return [problem._asdict() for problem in self.problems]
