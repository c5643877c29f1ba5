"""The problem document of RFC 9457, as it stands in the API's description."""

from pydantic import Field

from web.api.schemas.rules import ProblemShown
from web.api.schemas.shape import Shown


class Mistake(Shown):
    """One thing that is wrong with a request: in the body, or in a parameter."""

    pointer: str | None = Field(None, description="JSON pointer into the body.")
    parameter: str | None = None
    detail: str
    code: str


class Problem(Shown):
    type: str
    title: str
    status: int
    detail: str
    code: str
    category: str
    request_id: str | None = None
    retry_after: float | None = None
    errors: list[Mistake | ProblemShown] | None = Field(
        None, description="What is wrong with the request, or with the text of rules in it."
    )
    hint: str | None = None
    missing: list[str] | None = None
