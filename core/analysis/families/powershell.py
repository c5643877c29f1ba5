"""PowerShell scripts, as their bridge reports them: commands, error records, execution policy."""

import re

from core.analysis.details import Detail, found, told
from core.analysis.facts import Facts
from core.analysis.family import Family
from core.analysis.kinds import Kind, Kinds
from core.analysis.proposal import Advice
from core.errors import Category

_LIBRARIES = frozenset({"system.management.automation", "microsoft.powershell"})
_TYPES = frozenset({
    "CommandNotFoundException", "ItemNotFoundException", "ParameterBindingException",
    "CmdletInvocationException", "ParseException", "PSRemotingTransportException",
    "PSSecurityException", "PSInvalidOperationException", "ErrorRecord",
    "DriveNotFoundException", "WriteErrorException", "PSInvalidCastException",
    "MethodInvocationException", "PipelineStoppedException", "RuntimeException",
    "ActionPreferenceStopException", "RemoteException", "ParameterBindingValidationException",
})  # fmt: skip
# These names are used elsewhere, too.
_SHARED = frozenset({"RuntimeException", "ParseException", "RemoteException"})
_COMPONENTS = frozenset({"powershell", "pwsh"})
_MARKS = (
    "fullyqualifiederrorid", "categoryinfo", "is not recognized as the name of a cmdlet",
    "is not recognized as a name of a cmdlet", "scriptblock", ".ps1", ".psm1", "pscmdlet",
    "get-childitem", "invoke-restmethod", "invoke-webrequest", "powershell",
    "cannot bind argument to parameter", "about_execution_policies",
)  # fmt: skip
_DETAILS = (
    Detail("command",
           re.compile(r"[Tt]he term '([^'\n]{1,100})'|^([A-Z][a-z]{1,20}-[A-Z]\w{1,60})\b"
                      r"|\[([A-Z][a-z]{1,20}-[A-Z]\w{1,60})\]"
                      r"|\b([A-Z][a-z]{1,20}-[A-Z]\w{1,60}) ?:")),
    Detail("error_id", re.compile(r"FullyQualifiedErrorId\s{0,8}: ?([\w.-]{1,100})"),
           ("fullyqualified",)),
    Detail("error_category", re.compile(r"CategoryInfo\s{0,20}: ?(\w{1,40}):"), ("categoryinfo",)),
    Detail("script", re.compile(r"([^\s\\/:'\"]{1,100}\.psm?1)\b"), (".ps",)),
    Detail("line", re.compile(r"\bline:? ?(\d{1,6})\b|\.psm?1:(\d{1,6})\b"), ("line", ".ps")),
    Detail("module", re.compile(r"\bmodule '([^'\n]{1,100})'"), ("module",)),
    Detail("parameter", re.compile(r"\bparameter(?: name)? '(\w{1,60})'"), ("parameter",)),
    Detail("computer",
           re.compile(r"\[([\w.-]{2,80})\] Connecting|remote server ([\w.-]{2,80})"),
           ("connecting", "remote server")),
    Detail("file", re.compile(r"(?:path|file) '([^'\n]{1,120})'"), ("path", "file")),
)  # fmt: skip
_TOLD = {
    "command": "command", "cmdlet": "command", "script": "script", "ScriptName": "script",
    "script_name": "script", "line": "line", "ScriptLineNumber": "line", "module": "module",
    "FullyQualifiedErrorId": "error_id", "error_id": "error_id", "computer": "computer",
    "ComputerName": "computer", "operation": "operation", "CategoryInfo": "error_category",
    "retry_after": "retry_after",
}  # fmt: skip

_KINDS = Kinds(
    Kind(
        "command_not_found", "A command is not known here.", 500,
        types=("CommandNotFoundException",),
        words=("commandnotfoundexception", "is not recognized as the name of a cmdlet",
               "is not recognized as a name of a cmdlet"),
        never=Advice.ESCALATE,
    ),
    Kind(
        "execution_policy", "The execution policy does not let the script run.", 403,
        types=("PSSecurityException",),
        words=("running scripts is disabled", "execution policies", "is not digitally signed",
               "unauthorizedaccess,microsoft.powershell"),
        never=Advice.ESCALATE,
    ),
    Kind(
        "module", "A module cannot be loaded.", 500,
        words=("modules_modulenotfound", "no valid module file", "the specified module",
               "could not be loaded because no valid", "importmodulecommand"),
        never=Advice.ESCALATE,
    ),
    Kind(
        "remoting", "The other computer cannot be reached or refuses the session.", 502,
        types=("PSRemotingTransportException", "RemoteException"),
        words=("winrm", "ws-management", "pssession", "connecting to remote server"),
        again=Advice.CIRCUIT_BREAK,
    ),
    Kind(
        "parameter", "A parameter is missing or does not fit.", 400,
        types=("ParameterBindingException", "ParameterBindingValidationException",
               "PSInvalidCastException", "ArgumentTransformationMetadataException"),
        words=("parameterbinding", "cannot bind", "cannot validate argument",
               "a parameter cannot be found", "parameterargumentvalidation"),
    ),
    Kind(
        "parser", "The script cannot be read.", 500,
        types=("ParseException", "IncompleteParseException"),
        words=("parsererror", "unexpected token", "missing closing", "missing the terminator"),
        never=Advice.ESCALATE,
    ),
    Kind(
        "access_denied", "The account lacks a right.", 403,
        types=("UnauthorizedAccessException",),
        words=("access is denied", "access to the path", "permissiondenied",
               "unauthorizedaccess"),
    ),
    Kind(
        "not_found", "A file, drive or item is not there.", 404,
        types=("ItemNotFoundException", "DriveNotFoundException", "FileNotFoundException",
               "DirectoryNotFoundException"),
        words=("cannot find path", "pathnotfound", "objectnotfound", "does not exist",
               "cannot find drive", "could not find"),
    ),
    Kind(
        "web_request", "A web request of the script failed.", 502,
        types=("WebException", "HttpResponseException", "HttpRequestException"),
        words=("invoke-restmethod", "invoke-webrequest", "webcmdletwebresponse",
               "the remote server returned an error", "response status code does not indicate"),
    ),
    Kind("timeout", "A command did not end in time.", 504, categories=(Category.TIMEOUT,)),
    Kind("connection", "Something that the script needs cannot be reached.", 503,
         categories=(Category.CONNECTION, Category.UNAVAILABLE)),
    Kind("stopped", "The pipeline was stopped.", 499, types=("PipelineStoppedException",),
         categories=(Category.CANCELLED,), never=Advice.NONE),
    Kind("crash", "The process itself ended.", 500,
         words=("module crash", "process terminated", "stackoverflow", "access violation"),
         categories=(Category.RESOURCE,)),
    Kind("null", "A method was called on nothing.", 500,
         words=("on a null-valued expression", "invokemethodonnull", "index into a null array"),
         never=Advice.ESCALATE),
    Kind("method", "A method of .NET failed.", 500, types=("MethodInvocationException",),
         words=("exception calling",)),
    Kind("script", "The script failed.", 500),
)  # fmt: skip


def weight(facts: Facts) -> float:
    if (
        facts.event.platform == "powershell"
        or facts.from_library(_LIBRARIES)
        or (facts.type in _TYPES and facts.type not in _SHARED)
    ):
        return 0.96
    if facts.of_component(_COMPONENTS):
        return 0.8
    return 0.7 if facts.says(_MARKS) else 0.0


def context(facts: Facts) -> dict[str, str]:
    return {**found(_DETAILS, facts), **told(facts, _TOLD)}


FAMILY = Family(
    "powershell",
    "PS",
    "PowerShell scripts and their commands.",
    weight,
    context,
    _KINDS,
)
