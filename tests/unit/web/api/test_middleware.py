import httpx2
import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from core import context
from core.errors import NotFoundError
from web.api.middleware import BodyLimit, Boundary, RequestId


def client(app):
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test")


async def echo(scope, receive, send):
    body = await Request(scope, receive).body()
    response = JSONResponse({"length": len(body), "context": dict(context.current())})
    await response(scope, receive, send)


async def fail(scope, receive, send):
    raise KeyError("inside")


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.anyio
async def test_the_clients_request_id_comes_back_and_is_in_the_context():
    async with client(RequestId(echo)) as http:
        answer = await http.get("/", headers={"X-Request-Id": "ci-42"})
    assert answer.headers["x-request-id"] == "ci-42"
    assert answer.json()["context"] == {"request_id": "ci-42"}


@pytest.mark.anyio
@pytest.mark.parametrize("sent", [None, "", "two words", "x" * 129, '{"a":1}'])
async def test_any_other_request_id_is_replaced(sent):
    async with client(RequestId(echo)) as http:
        answer = await http.get("/", headers={} if sent is None else {"X-Request-Id": sent})
    assert len(answer.headers["x-request-id"]) == 32
    assert answer.json()["context"]["request_id"] == answer.headers["x-request-id"]


@pytest.mark.anyio
async def test_the_context_ends_with_the_request():
    async with client(RequestId(echo)) as http:
        await http.get("/")
    assert context.current() == {}


@pytest.mark.anyio
async def test_what_nobody_answered_becomes_a_problem_with_the_request_id():
    async with client(RequestId(Boundary(fail))) as http:
        answer = await http.get("/")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.anyio
async def test_an_answer_that_has_begun_is_not_answered_again():
    async def half(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise KeyError("late")

    async with client(Boundary(half)) as http:
        with pytest.raises(KeyError):
            await http.get("/")


async def chunks(*parts):
    for part in parts:
        yield part


@pytest.mark.anyio
@pytest.mark.parametrize("content", [b"x" * 11, chunks(b"x" * 6, b"x" * 5)], ids=["told", "found"])
async def test_a_body_above_the_limit_is_refused(content):
    async with client(Boundary(BodyLimit(echo, limit=10))) as http:
        answer = await http.post("/", content=content)
    assert (answer.status_code, answer.json()["code"]) == (413, "ML-VAL-0003")


@pytest.mark.anyio
async def test_a_body_of_just_the_limit_is_read():
    async with client(Boundary(BodyLimit(echo, limit=10))) as http:
        answer = await http.post("/", content=b"x" * 10)
    assert answer.json()["length"] == 10


@pytest.mark.anyio
async def test_a_length_that_is_no_number_is_refused():
    async with client(Boundary(BodyLimit(echo, limit=10))) as http:
        answer = await http.post("/", content=b"x", headers={"content-length": "-1"})
    assert answer.status_code == 400


@pytest.mark.anyio
async def test_a_bare_status_from_below_is_kept():
    async def refuse(scope, receive, send):
        raise HTTPException(405, headers={"Allow": "GET"})

    async with client(Boundary(refuse)) as http:
        answer = await http.get("/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


@pytest.mark.anyio
async def test_other_than_http_passes_untouched():
    seen = []

    async def note(scope, receive, send):
        seen.append(scope["type"])

    app = RequestId(Boundary(BodyLimit(note, limit=1)))
    await app({"type": "lifespan"}, None, None)
    assert seen == ["lifespan"]


@pytest.mark.anyio
async def test_faults_of_our_own_are_reported_and_nothing_else():
    async def refuse(scope, receive, send):
        raise NotFoundError

    heard = []
    for app in (fail, refuse):
        async with client(Boundary(app, heard.append)) as http:
            await http.get("/")
    assert [type(error) for error in heard] == [KeyError]
