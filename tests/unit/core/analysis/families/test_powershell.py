from tests.unit.core.analysis.families.facts import taken
from tests.unit.core.analysis.languages.samples import sample


def test_an_error_record():
    family, context = taken(message=sample("powershell"))

    assert family == "powershell"
    assert context["command"] == "Get-Item"


def test_an_unknown_command():
    message = "The term 'Get-Foo' is not recognized as the name of a cmdlet"

    family, context = taken("CommandNotFoundException", "", message)

    assert (family, context["command"]) == ("powershell", "Get-Foo")


def test_marks_in_a_plain_message():
    family, context = taken(
        message="Import-Orders.ps1:12 failed with FullyQualifiedErrorId : PathNotFound"
    )

    assert family == "powershell"
    assert (context["script"], context["line"], context["error_id"]) == (
        "Import-Orders.ps1",
        "12",
        "PathNotFound",
    )


def test_a_component_called_powershell():
    assert taken("Boom", "", "x", tags={"component": "PowerShell bridge"})[0] == "powershell"
