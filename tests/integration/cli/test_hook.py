from core.model import HookDelivery


def test_a_hook_from_its_making_to_its_end(ask, run, database, project):
    made = ask(
        "hook", "create", "https://hooks.example/x", "--on", "on_give_up", "--project", "shop"
    )
    assert made["secret"].startswith("whsec_")
    assert (made["occasions"], made["name"]) == (["on_give_up"], "hooks.example")
    listed = ask("hook", "list")
    assert listed[0]["id"] == made["id"]
    assert "secret" not in listed[0]
    assert ask("hook", "test", made["id"])["occasion"] == "test"
    assert ask("hook", "deliveries", made["id"])[0]["state"] == "waiting"
    assert ask("hook", "delete", made["id"])["id"] == made["id"]
    assert ask("hook", "list") == []
    with database.transaction() as session:
        assert session.query(HookDelivery).count() == 0


def test_an_address_that_cannot_be_called(run, database):
    result = run("hook", "create", "hooks.example")
    assert (result.exit_code, "ML-OUT-0005" in result.output) == (2, True)


def test_a_hook_that_is_not_there(run, database):
    assert run("hook", "test", "7").exit_code == 1
