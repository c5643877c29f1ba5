import pytest

from web.api.dispatch import is_intake


@pytest.mark.parametrize(
    "path",
    [
        "/api/errors",
        "/api/errors/batch",
        "/k/0123/api/errors",
        "/api/1/envelope/",
        "/api/42/store",
        "/api/v1/components/billing/report",
        "/api/v1/breakers/a/b/report/",
    ],
)
def test_what_programs_send_goes_to_intake(path):
    assert is_intake(path)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/livez",
        "/api/openapi.json",
        "/api/v1/issues",
        "/api/v1/breakers/db/open",
        "/api/v1/components/billing",
        "/api/v1/reports/report",
        "/12345",
    ],
)
def test_what_people_ask_goes_to_management(path):
    assert not is_intake(path)
