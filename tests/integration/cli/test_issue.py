def test_the_list_shows_what_the_filters_ask_for(ask, make_issue):
    wanted = make_issue(title="TypeError: cart", category="validation")
    make_issue(title="TypeError: cart", category="bug")
    make_issue(title="OSError", category="validation")
    found = ask("issue", "list", "--category", "validation", "--query", "type cart")
    assert [issue["id"] for issue in found] == [str(wanted)]


def test_show_tells_keys_and_history(ask, make_issue):
    issue_id = make_issue()
    ask("issue", "resolve", issue_id, "--reason", "deployed")
    found = ask("issue", "show", issue_id)
    assert found["issue_keys"] == [f"key-{issue_id}"]
    assert [(step["new"], step["reason"]) for step in found["transitions"]] == [
        ("resolved", "deployed")
    ]
    assert found["transitions"][0]["actor"].startswith("cli:")


def test_show_reads_well_without_json(run, make_issue):
    text = run("issue", "show", make_issue(title="ValueError: [red]no[/red]")).stdout
    assert "title:             ValueError: [red]no[/red]" in text


def test_several_issues_change_at_once(ask, make_issue):
    ids = [make_issue(), make_issue()]
    assert [row["status"] for row in ask("issue", "resolve", *ids)] == ["resolved", "resolved"]
    assert [row["status"] for row in ask("issue", "unresolve", *ids)] == ["unresolved"] * 2


def test_ignoring_may_end(ask, make_issue):
    (row,) = ask("issue", "ignore", make_issue(), "--days", "3")
    assert row["status"] == "ignored"
    assert row["ignored_until"] > row["status_changed_at"]


def test_merged_issues_part_again(run, ask, make_issue):
    target, source = make_issue(event_count=2), make_issue(event_count=3)
    assert ask("issue", "merge", target, source)["event_count"] == 5
    assert [issue["id"] for issue in ask("issue", "list")] == [str(target)]
    assert ask("issue", "show", target)["merged"] == [str(source)]
    assert run("issue", "resolve", source).exit_code == 1
    assert ask("issue", "unmerge", source)["event_count"] == 3
    assert ask("issue", "show", target)["event_count"] == 2


def test_an_issue_that_is_not_there_changes_nothing(run, ask, make_issue):
    there = make_issue()
    result = run("issue", "resolve", there, there + 1)
    assert (result.exit_code, "ML-REF-0013" in result.stderr) == (1, True)
    assert ask("issue", "show", there)["status"] == "unresolved"


def test_solutions_say_what_to_do_first(ask, run, make_issue):
    issue_id = make_issue(title="OSError: [Errno 28] No space left on device")
    assert [each["id"] for each in ask("issue", "solutions", issue_id)] == ["disk-full"]
    text = run("issue", "solutions", issue_id).stdout
    assert text.startswith("There is no space left on the disk [disk-full: ")
    assert "\n  1. Look at both: `df -h`" in text


def test_where_nothing_is_known_it_is_said(run, make_issue):
    assert "Nothing is known" in run("issue", "solutions", make_issue(title="Oddity")).stdout
