"""The log of transactions that have a name, and of those over several databases."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query

from core.store.transactions import journal
from web.api.auth import PlatformReader
from web.api.listing import Listed
from web.api.schemas.shape import Number
from web.api.schemas.transactions import TransactionQuery, TransactionShown
from web.api.services import Provided

router = APIRouter(prefix="/transactions", tags=["transactions"])

Wanted = Annotated[TransactionQuery, Query()]


@router.get("", response_model=list[TransactionShown], summary="List transactions, newest first")
def list_transactions(
    services: Provided, _who: PlatformReader, ask: Listed, query: Wanted
) -> Sequence[Any]:
    with services.database.transaction() as session:
        return ask.link(journal.page(session, query.wanted(), cursor=ask.cursor, limit=ask.limit))


@router.get("/{transaction_id}", summary="One transaction")
def get_transaction(
    transaction_id: Number, services: Provided, _who: PlatformReader
) -> TransactionShown:
    with services.database.transaction() as session:
        return TransactionShown.model_validate(journal.get(session, transaction_id))
