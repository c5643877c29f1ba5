"""The log of transactions."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from core.store.transactions.journal import Kind, State, Wanted
from web.api.schemas.shape import Id, Moment, Shown

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class TransactionQuery(BaseModel):
    name: Name | None = None
    kind: Kind | None = None
    state: State | None = None

    def wanted(self) -> Wanted:
        return Wanted(self.name, self.kind, self.state)


class TransactionShown(Shown):
    id: Id
    name: str
    kind: str = Field(description="local, two_phase.")
    state: str = Field(
        description="committed, rolled_back; of two phases also preparing, committing, aborting."
    )
    databases: list[str] = Field(description="Those that take part in two phases.")
    attempts: int
    seconds: float | None = Field(description="Over all attempts.")
    error_code: str | None
    error: str | None
    began_at: Moment
    expires_at: Moment | None = Field(description="Undecided until then, it is given up.")
    ended_at: Moment | None
