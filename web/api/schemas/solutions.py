"""What is known about a failure, and what to do first."""

from pydantic import Field

from web.api.schemas.shape import Shown


class SolutionShown(Shown):
    id: str
    title: str
    explanation: str
    steps: list[str]
    sources: list[str] = Field(description="Where to read more.")
    score: float = Field(description="How well it fits, 0 to 1.")
    because: list[str] = Field(description="The signs that were found.")
