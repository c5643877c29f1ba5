import pytest
from jsonschema import Draft202012Validator


@pytest.fixture
def document(anonymous):
    answer = anonymous.get("/api/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_each_operation_tells_its_problems(document):
    for name, operation in operations(document):
        if " /api/v1/" not in name:
            continue
        expected = {"400", "401", "403", "404", "422", "500", "503"}
        if not name.startswith("get "):
            expected |= {"409", "413"}
        assert operation["responses"].keys() >= expected, name
        for status in expected:
            assert list(operation["responses"][status]["content"]) == ["application/problem+json"]


def test_each_operation_asks_for_a_key(document):
    for name, operation in operations(document):
        assert ("security" in operation) is (" /api/" in name), name


def test_each_operation_has_a_summary_and_a_subject(document):
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["tags"], name


def test_names_of_operations_are_unique(document):
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(names) == len(set(names))


def test_no_reference_leads_nowhere(document):
    def references(node):
        if isinstance(node, dict):
            yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
            node = list(node.values())
        if isinstance(node, list):
            for inner in node:
                yield from references(inner)

    schemas = document["components"]["schemas"]
    assert {name.rsplit("/", 1)[1] for name in references(document)} <= schemas.keys()
    assert "HTTPValidationError" not in schemas


RULES = {"content": "nonsense"}
ALERT = {"alertname": "DiskFull"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("put", "/api/v1/projects/{project_id}/rules", RULES),
        ("post", "/api/v1/projects/{project_id}/rules/preview", RULES),
        ("post", "/api/v1/alert-rules", {"rule": {"name": "x"}}),
        ("post", "/api/v1/alert-rules/backtest", RULES),
        ("post", "/api/v1/keys", {"role": "god"}),
    ],
)
def test_problems_are_as_described(document, admin, project, *, method, path, body):
    answer = admin.request(method, path.format(project_id=project.id), json=body)
    assert answer.status_code == 422
    shapes = {"components": document["components"]}
    Draft202012Validator(shapes | {"$ref": "#/components/schemas/Problem"}).validate(answer.json())


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", "/api/v1/recoveries/report.md", None),
        ("post", "/api/v2/alerts", [{"labels": ALERT}]),
    ],
)
def test_media_types_are_as_described(document, admin, method, path, body):
    answer = admin.request(method, path, json=body)
    described = document["paths"][path][method]["responses"]["200"].get("content", {})
    found = answer.headers.get("content-type", "").split(";")[0]
    assert [found] == (list(described) or [""])
