"""How retries go."""

from pydantic import Field

from web.api.schemas.shape import Shown


class RetryShown(Shown):
    category: str = Field(description="What had failed before.")
    component: str = Field(description="Of a reported error; `task:` and a name for our own.")
    attempt: int = Field(description="The first retry is 2.")
    tried: int
    failed: int
    success_share: float
