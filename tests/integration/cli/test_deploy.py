def test_a_deploy_is_recorded_and_listed(ask, make_issue):
    make_issue()
    told = ("--project", "shop", "--kind", "config", "--environment", "live")
    made = ask("deploy", "record", "pool size 20", *told, "--at", "2026-03-01T11:00:00")
    assert (made["name"], made["kind"], made["at"]) == (
        "pool size 20",
        "config",
        "2026-03-01T11:00:00.000Z",
    )
    assert ask("deploy", "list", "--project", "shop") == [made]


def test_a_project_that_is_not_there(run):
    result = run("deploy", "record", "2.0", "--project", "nowhere")
    assert (result.exit_code, "ML-REF-0010" in result.stderr) == (1, True)
