"""The OpenAPI document: FastAPI's, with every problem that an operation may answer."""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from web.api.problems import MEDIA_TYPE, meaning
from web.api.schemas.problem import Problem

ALWAYS: Final = (400, 401, 403, 404, 405, 422, 500, 503, 504, 507)
WITH_BODY: Final = (409, 413)
UNGUARDED: Final = (401, 403, 405, 500, 503)
SECURITY: Final = {"type": "http", "scheme": "bearer", "description": "An API key."}
REFERENCE: Final = {"$ref": "#/components/schemas/Problem"}


def describe(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {}) | {"Problem": problem}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {"key": SECURITY}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _finish(operation, method=method, guarded=path.startswith("/api/"))
    return document


def _statuses(method: str, *, guarded: bool) -> Sequence[int]:
    if not guarded:
        return UNGUARDED
    return ALWAYS if method == "get" else sorted((*ALWAYS, *WITH_BODY))


def _finish(operation: dict[str, Any], *, method: str, guarded: bool) -> None:
    for status in _statuses(method, guarded=guarded):
        operation["responses"][str(status)] = {
            "description": meaning(status),
            "content": {MEDIA_TYPE: {"schema": REFERENCE}},
        }
    if guarded:
        operation["security"] = [{"key": []}]
