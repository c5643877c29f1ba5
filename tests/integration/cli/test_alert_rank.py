def test_without_answers_it_is_off_and_says_what_it_takes(run, ask):
    told = run("alert", "rank")
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("Off: 0 alerts were answered")
    assert ask("alert", "rank")["active"] is False
