import re

from core.access import audit
from core.store import projects


def test_a_new_project_prints_its_dsn(run):
    result = run("project", "create", "shop")
    assert re.fullmatch(r"http://[0-9a-f]{32}@127\.0\.0\.1:8000/\d+\n", result.stdout)


def test_the_public_address_stands_in_the_dsn(ask, monkeypatch):
    monkeypatch.setenv("MENDLINE_PUBLIC_URL", "https://errors.example.org/in")
    made = ask("project", "create", "shop")
    assert re.fullmatch(r"https://[0-9a-f]{32}@errors\.example\.org/in/\d+", made["dsn"])


def test_the_list_has_every_project_with_its_dsn(ask):
    made = [ask("project", "create", name) for name in ("shop", "till")]
    assert ask("project", "list") == made


def test_outside_a_terminal_a_list_is_columns(run):
    run("project", "create", "shop")
    head, row = run("project", "list").stdout.splitlines()
    assert head.split("\t") == ["id", "name", "dsn"]
    assert row.split("\t")[1] == "shop"


def test_a_name_is_given_once(run):
    run("project", "create", "shop")
    result = run("project", "create", "shop")
    assert result.exit_code == 1
    assert "ML-REF-0011" in result.stderr


def test_a_name_that_cannot_be_is_wrong_use(run):
    assert run("project", "create", "  ").exit_code == 2


def test_rotating_makes_the_old_key_invalid(ask, database):
    old = ask("project", "create", "shop")
    new = ask("project", "rotate-key", "shop")
    with database.transaction() as session:
        live = projects.live_keys(session)
    assert old["dsn"] != new["dsn"]
    assert [key for key in live if key in new["dsn"]] == list(live)


def test_rotating_may_leave_the_old_key(ask, database):
    ask("project", "create", "shop")
    ask("project", "rotate-key", "shop", "--keep-old")
    with database.transaction() as session:
        assert len(projects.live_keys(session)) == 2


def test_an_unknown_project_fails_with_the_next_step(run):
    result = run("project", "rotate-key", "nobody")
    assert result.exit_code == 1
    assert "There is no project 'nobody'. [ML-REF-0010]" in result.stderr
    assert "Check the name" in result.stderr


def test_a_project_comes_back_from_a_file(run, ask, project, make_issue, tmp_path):
    make_issue("KeyError: 'till'")
    file = tmp_path / "shop.mendline"
    assert ask("project", "export", "shop", file)["counts"] == {"issue": 1, "key": 1}
    assert file.stat().st_mode & 0o777 == 0o600
    made = ask("project", "import", file, "--name", "shop again")
    assert (made["name"], made["counts"]) == ("shop again", {"issue": 1, "key": 1})
    assert [each["title"] for each in ask("issue", "list", "--project", made["project_id"])] == [
        "KeyError: 'till'"
    ]


def test_a_file_that_is_there_is_not_touched(run, project, tmp_path):
    file = tmp_path / "shop.mendline"
    file.write_text("precious")
    result = run("project", "export", "shop", file)
    assert (result.exit_code, file.read_text()) == (1, "precious")
    assert run("project", "export", "shop", file, "--force").exit_code == 0


def test_a_damaged_file_is_refused(run, ask, project, tmp_path):
    file = tmp_path / "shop.mendline"
    run("project", "export", "shop", file)
    file.write_bytes(file.read_bytes()[:-20])
    result = run("project", "import", file, "--name", "again")
    assert result.exit_code == 2
    assert [each["name"] for each in ask("project", "list")] == ["shop"]


def test_what_a_project_keeps_is_set_and_forgotten(ask, run):
    ask("project", "create", "shop")
    nothing = {"project": "shop", "retention_bytes": None, "retention_days": None}
    assert ask("project", "retention", "shop") == nothing
    ask("project", "retention", "shop", "--days", "7")
    set_both = ask("project", "retention", "shop", "--bytes", str(2**30))
    assert set_both == nothing | {"retention_bytes": 2**30, "retention_days": 7}
    assert run("project", "retention", "shop", "--bytes", "5").exit_code == 2
    assert run("project", "retention", "shop", "--reset", "--days", "7").exit_code == 2
    assert ask("project", "retention", "shop", "--reset") == nothing


def test_who_made_and_changed_it_is_known(ask, database, tmp_path):
    made = ask("project", "create", "shop")
    ask("project", "rotate-key", "shop")
    ask("project", "retention", "shop", "--days", "7")
    ask("project", "export", "shop", tmp_path / "shop.mendline")
    again = ask("project", "import", tmp_path / "shop.mendline", "--name", "again")
    with database.transaction() as session:
        first = [each.act for each in audit.of(session, "project", int(made["id"]))]
        second = [each.act for each in audit.of(session, "project", int(again["project_id"]))]
    assert first == ["project.create", "project.rotate_key", "project.retention"]
    assert second == ["project.import"]
