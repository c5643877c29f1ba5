import pytest

from tests.unit.core.analysis.families.facts import answered, coded, read, taken
from tests.unit.core.analysis.languages.samples import sample


def test_an_error_record():
    family, context = taken(message=sample("powershell"))

    assert family == "powershell"
    assert context["command"] == "Get-Item"


def test_an_unknown_command():
    message = "The term 'Get-Foo' is not recognized as the name of a cmdlet"

    assert taken("CommandNotFoundException", "", message) == ("powershell", {"command": "Get-Foo"})
    assert answered(message=message) == ("PS-COMMAND-NOT-FOUND", 500, "escalate")


def test_marks_in_a_plain_message():
    message = "Import-Orders.ps1:12 failed with FullyQualifiedErrorId : PathNotFound"

    context = read(message=message)

    assert context["script"] == "Import-Orders.ps1"
    assert context["line"] == "12"
    assert context["error_id"] == "PathNotFound"


@pytest.mark.parametrize(
    ("kind", "message", "expected"),
    [
        ("PSSecurityException", "running scripts is disabled", "PS-EXECUTION-POLICY"),
        ("PSRemotingTransportException", "WinRM cannot process", "PS-REMOTING"),
        ("ParameterBindingException", "a parameter cannot be found", "PS-PARAMETER"),
        ("ItemNotFoundException", "Cannot find path 'C:\\x'", "PS-NOT-FOUND"),
        ("MethodInvocationException", 'Exception calling "Open"', "PS-METHOD"),
        ("PipelineStoppedException", "", "PS-STOPPED"),
        ("", "Import-Module : The specified module 'Tax' .psm1", "PS-MODULE"),
        ("", "Invoke-RestMethod : The remote server returned an error", "PS-WEB-REQUEST"),
        ("", "x.ps1: You cannot call a method on a null-valued expression.", "PS-NULL"),
    ],
)
def test_the_kind_of_trouble(kind, message, expected):
    assert coded(kind, "", message) == expected


def test_what_the_bridge_sends_along():
    context = read(
        message="it failed",
        tags={"component": "powershell-module"},
        extra={"operation": "dependency-resolution", "module": "Shop.Tax"},
    )

    assert context == {"operation": "dependency-resolution", "module": "Shop.Tax"}


def test_a_component_called_powershell():
    assert taken("Boom", "", "x", tags={"component": "PowerShell bridge"})[0] == "powershell"


def test_a_plain_runtime_exception_is_not_powershells():
    assert taken("RuntimeException", "java.lang", "x", platform="java")[0] != "powershell"
