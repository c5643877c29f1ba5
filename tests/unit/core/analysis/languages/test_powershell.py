from core.analysis.languages.powershell import label, own, parse
from tests.unit.core.analysis.builders import call
from tests.unit.core.analysis.languages.samples import sample


def test_an_error_record_is_taken_apart():
    (found,) = parse(sample("powershell"))

    assert found.type == "ItemNotFoundException"
    assert found.code == "PathNotFound"
    assert (
        found.value == "Get-Item : Cannot find path 'C:\\data\\in.csv' because it does not exist."
    )
    assert found.frames[0].file == "C:\\jobs\\Import-Orders.ps1"


def test_a_script_stack_trace_is_read():
    (found,) = parse(sample("powershell_stack"))

    assert [frame.function for frame in found.frames] == [
        "<ScriptBlock>",
        "Import-All",
        "Read-Orders",
    ]


def test_the_prompt_names_nothing():
    assert label(call("<ScriptBlock>", file="<No file>")) == ""
    assert label(call("<ScriptBlock>", file="C:\\jobs\\Run.ps1")) == "run.ps1:<ScriptBlock>"


def test_installed_modules_are_foreign():
    assert own(call("f", file="C:\\jobs\\Run.ps1"))
    assert not own(call("f", file="C:\\Program Files\\WindowsPowerShell\\Modules\\Az\\a.psm1"))


def test_anything_else_is_nothing():
    assert parse("all is well") == []
