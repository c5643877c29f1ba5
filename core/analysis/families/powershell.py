"""PowerShell scripts, as their bridge reports them: commands, error records, execution policy."""

import re

from core.analysis.family import Facts, Family, found

_LIBRARIES = frozenset({"system.management.automation", "microsoft.powershell"})
_TYPES = frozenset(
    {
        "CommandNotFoundException", "ItemNotFoundException", "ParameterBindingException",
        "CmdletInvocationException",
        "PSSecurityException", "PSInvalidOperationException", "ErrorRecord",
        "DriveNotFoundException", "WriteErrorException",
        "MethodInvocationException", "PipelineStoppedException",
        "ActionPreferenceStopException", "RemoteException",
    }
)  # fmt: skip
_MARKS = (
    "fullyqualifiederrorid",
    "categoryinfo",
    "is not recognized as the name of a cmdlet",
    "scriptblock",
    ".ps1",
    "pscmdlet",
    "get-childitem",
    "invoke-restmethod",
    "invoke-webrequest",
)
_PATTERNS = {
    "command": re.compile(
        r"[Tt]he term '([^'\n]{1,100})'|^([A-Z][a-z]{1,20}-[A-Z]\w{1,60})\b"
        r"|\[([A-Z][a-z]{1,20}-[A-Z]\w{1,60})\]"
    ),
    "error_id": re.compile(r"FullyQualifiedErrorId\s*: ?([\w.-]{1,100})"),
    "error_category": re.compile(r"CategoryInfo\s*: ?(\w{1,40}):"),
    "script": re.compile(r"([^\s\\/:'\"]{1,100}\.psm?1)\b"),
    "line": re.compile(r"\bline:? ?(\d{1,6})\b|\.psm?1:(\d{1,6})\b"),
}


def weight(facts: Facts) -> float:
    if (
        facts.event.platform == "powershell"
        or facts.from_library(_LIBRARIES)
        or facts.type in _TYPES
    ):
        return 0.96
    if facts.component.startswith(("powershell", "pwsh")):
        return 0.8
    return 0.7 if facts.says(_MARKS) else 0.0


def context(facts: Facts) -> dict[str, str]:
    return found(_PATTERNS, facts.message)


FAMILY = Family("powershell", weight, context)
