"""Lists over HTTP: the cursor and limit that come in, the `Link` header that goes out."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Query, Request, Response

from core.store.paging import Cursor, Page


class Listing:
    """The part of a list that a request asks for, and where its neighbours are told."""

    def __init__(
        self, request: Request, response: Response, *, cursor: str | None, limit: int
    ) -> None:
        self.request = request
        self.response = response
        self.cursor = Cursor.parse(cursor) if cursor else None
        self.limit = limit

    def link(self, page: Page) -> Sequence[Any]:
        """The first selected thing of each row, once the `Link` header says where to go on."""
        self.response.headers["link"] = ", ".join(
            (
                self._one("previous", page.previous, results=page.has_previous),
                self._one("next", page.next, results=page.has_next),
            )
        )
        return [row[0] for row in page.rows]

    def _one(self, rel: str, cursor: Cursor, *, results: bool) -> str:
        url = self.request.url
        query = [(k, v) for k, v in self.request.query_params.multi_items() if k != "cursor"]
        # Decoded it may hold anything; a header holds Latin-1 only, and an address even less.
        path = quote(self.request.scope["path"])
        target = url.replace(path=path, query=urlencode([*query, ("cursor", str(cursor))]))
        return f'<{target}>; rel="{rel}"; results="{str(results).lower()}"; cursor="{cursor}"'


async def listing(
    request: Request,
    response: Response,
    *,
    cursor: Annotated[
        str | None, Query(description="From a `Link` header; opaque.", max_length=200)
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Rows of a page.")] = 100,
) -> Listing:
    return Listing(request, response, cursor=cursor, limit=limit)


Listed = Annotated[Listing, Depends(listing)]
