# Reports errors of PowerShell to Mendline and does what the answer says.
#
# For Windows PowerShell 5.1 and PowerShell 7. Where the service is:
#   $env:ERROR_MANAGER_URL       http://host:8000/k/<DSN key>, or http://host:8000 with a key below
#   $env:ERROR_MANAGER_KEY       an API key with the role ingest, sent as a bearer token
#   $env:ERROR_MANAGER_FALLBACK  file for what could not be reported; by default in the temp folder

Set-StrictMode -Version 2.0

if ($PSVersionTable.PSVersion.Major -lt 6) {
    # Older .NET does not offer TLS 1.2 by itself.
    $tls = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
    [Net.ServicePointManager]::SecurityProtocol = $tls
}

$script:Random = New-Object System.Random

function Get-FallbackFile {
    if ($env:ERROR_MANAGER_FALLBACK) { return $env:ERROR_MANAGER_FALLBACK }
    return (Join-Path ([IO.Path]::GetTempPath()) 'error-manager-fallback.jsonl')
}

function ConvertTo-PlainTable {
    # JSON takes texts as keys only, and the objects of .NET drag whole graphs behind them.
    param([System.Collections.IDictionary] $Table, [int] $Depth = 0)

    $plain = @{}
    foreach ($key in @($Table.Keys)) {
        $value = $Table[$key]
        if ($null -eq $value) {
            $plain["$key"] = $null
        } elseif ($value -is [System.Collections.IDictionary]) {
            if ($Depth -lt 4) { $plain["$key"] = ConvertTo-PlainTable $value ($Depth + 1) }
            else { $plain["$key"] = "$value" }
        } elseif ($value -is [bool] -or $value -is [int] -or $value -is [long] -or $value -is [double]) {
            $plain["$key"] = $value
        } elseif ($value -is [datetime]) {
            $plain["$key"] = $value.ToUniversalTime().ToString('o', [cultureinfo]::InvariantCulture)
        } elseif ($value -is [array]) {
            $plain["$key"] = @($value | ForEach-Object { "$_" })
        } else {
            $plain["$key"] = "$value"
        }
    }
    return $plain
}

function Send-Report {
    # As bytes: Windows PowerShell would send a text as ISO 8859-1 and lose what is not in it.
    param([string] $Json, [int] $TimeoutSec)

    $request = @{
        Uri             = "$($env:ERROR_MANAGER_URL.TrimEnd('/'))/api/errors"
        Method          = 'POST'
        Body            = [Text.Encoding]::UTF8.GetBytes($Json)
        ContentType     = 'application/json; charset=utf-8'
        TimeoutSec      = $TimeoutSec
        UseBasicParsing = $true
        ErrorAction     = 'Stop'
    }
    if ($env:ERROR_MANAGER_KEY) {
        $request.Headers = @{ Authorization = "Bearer $env:ERROR_MANAGER_KEY" }
    }
    return Invoke-RestMethod @request
}

function Get-LocalAnswer {
    # What is done without the service: a few attempts, later and later, 10 % more or less.
    param([int] $Attempt, [int] $LocalAttempts, [string] $Reason)

    $left = $LocalAttempts - $Attempt
    $action = @{ action = 'escalate'; attempts_left = 0; reason = $Reason }
    if ($left -gt 0) {
        $delay = [Math]::Min([Math]::Pow(2, $Attempt - 1), 60) * (0.9 + 0.2 * $script:Random.NextDouble())
        $action = @{
            action = 'retry'; attempts_left = $left; reason = $Reason
            retry_after = [Math]::Round($delay, 3)
        }
    }
    return [pscustomobject]@{
        processed       = $false
        error_id        = $null
        recovery_action = [pscustomobject]$action
    }
}

function Invoke-ErrorManagerProcess {
    <#
    .SYNOPSIS
    Reports one error and returns the answer: processed, error_id and recovery_action.
    .DESCRIPTION
    Never throws. Where the service cannot be reached the error is written to the error stream and
    kept in a local file, which Send-ErrorManagerFallback reports later; `processed` is false then.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [AllowEmptyString()] [string] $ErrorMessage,
        [string] $Component = 'powershell-module',
        [hashtable] $Context = @{},
        [string] $ErrorType,
        [string] $Operation,
        [string] $OperationId,
        [int] $Attempt = 0,
        [string] $Severity,
        [int] $TimeoutSec = 10,
        [int] $LocalAttempts = 3
    )

    if (-not $ErrorMessage.Trim()) { $ErrorMessage = 'unknown error' }
    $told = $ErrorMessage
    if ($ErrorType) { $told = @{ type = $ErrorType; message = $ErrorMessage } }
    $payload = @{
        error     = $told
        component = $Component
        context   = ConvertTo-PlainTable $Context
        event_id  = [guid]::NewGuid().ToString('N')
        platform  = 'powershell'
        timestamp = [datetime]::UtcNow.ToString('yyyy-MM-ddTHH:mm:ss.fffZ', [cultureinfo]::InvariantCulture)
    }
    if ($Operation) { $payload.operation = $Operation }
    if ($OperationId) { $payload.operation_id = $OperationId }
    if ($Attempt -gt 0) { $payload.attempt = $Attempt }
    if ($Severity) { $payload.severity = $Severity }
    $json = ConvertTo-Json -InputObject $payload -Depth 8 -Compress

    try {
        if (-not $env:ERROR_MANAGER_URL) { throw 'ERROR_MANAGER_URL is not set' }
        return Send-Report -Json $json -TimeoutSec $TimeoutSec
    } catch {
        $why = "$($_.Exception.Message)"
        Write-Warning "Failed to process error via ErrorManager: $why"
        try {
            [IO.File]::AppendAllText((Get-FallbackFile), "$json`n", (New-Object Text.UTF8Encoding $false))
        } catch {
            Write-Warning "The error could not be kept either: $($_.Exception.Message)"
        }
        Write-Error $ErrorMessage -ErrorAction Continue
        return Get-LocalAnswer ([Math]::Max($Attempt, 1)) $LocalAttempts 'the service cannot be reached'
    }
}

function Invoke-WithErrorManager {
    <#
    .SYNOPSIS
    Runs a script block, reports each failure, and tries again as the answers say.
    .DESCRIPTION
    Returns what the block returns. The last failure is thrown where the answer says to stop, after
    MaxAttempts, or where it asks for more patience than MaxWaitSeconds.
    .EXAMPLE
    Invoke-WithErrorManager -Component 'resolver' -Operation 'restore' -ScriptBlock { Restore-It }
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true)] [scriptblock] $ScriptBlock,
        [string] $Component = 'powershell-module',
        [string] $Operation,
        [hashtable] $Context = @{},
        [scriptblock] $Fallback,
        [int] $MaxAttempts = 20,
        [double] $MaxWaitSeconds = 900,
        [int] $LocalAttempts = 3
    )

    $operationId = [guid]::NewGuid().ToString('N')
    for ($attempt = 1; ; $attempt++) {
        try {
            return & $ScriptBlock
        } catch {
            $failure = $_
        }
        $report = @{
            ErrorMessage  = "$($failure.Exception.Message)"
            ErrorType     = $failure.Exception.GetType().FullName
            Component     = $Component
            Operation     = $Operation
            OperationId   = $operationId
            Context       = $Context
            Attempt       = $attempt
            LocalAttempts = $LocalAttempts
            ErrorAction   = 'SilentlyContinue'
        }
        $advice = (Invoke-ErrorManagerProcess @report).recovery_action
        if ($advice.action -eq 'fallback' -and $Fallback) { return & $Fallback }
        if (@('retry', 'wait') -notcontains $advice.action -or $attempt -ge $MaxAttempts) { throw $failure }
        $wait = 0.0
        if ($advice.PSObject.Properties['retry_after']) { $wait = [double] $advice.retry_after }
        if ($wait -gt $MaxWaitSeconds) { throw $failure }
        Write-Verbose "Attempt $attempt failed; again in $wait s: $($advice.reason)"
        Start-Sleep -Milliseconds ([int] [Math]::Ceiling($wait * 1000))
    }
}

function Send-ErrorManagerFallback {
    <#
    .SYNOPSIS
    Reports what was kept while the service was away; returns how many were reported.
    .DESCRIPTION
    Each has the id that it was made with, so that one that arrives twice is stored once.
    #>
    [CmdletBinding()]
    param([int] $TimeoutSec = 10)

    $file = Get-FallbackFile
    if (-not (Test-Path -LiteralPath $file)) { return 0 }
    # Out of the way of others that are writing.
    $mine = "$file.$([guid]::NewGuid().ToString('N'))"
    Move-Item -LiteralPath $file -Destination $mine -ErrorAction Stop
    $kept = @([IO.File]::ReadAllLines($mine) | Where-Object { $_.Trim() })
    $sent = 0
    try {
        foreach ($json in $kept) {
            [void] (Send-Report -Json $json -TimeoutSec $TimeoutSec)
            $sent++
        }
    } catch {
        Write-Warning "Still not reached: $($_.Exception.Message)"
        $rest = ($kept[$sent..($kept.Count - 1)] -join "`n") + "`n"
        [IO.File]::AppendAllText($file, $rest, (New-Object Text.UTF8Encoding $false))
    }
    Remove-Item -LiteralPath $mine
    return $sent
}

Export-ModuleMember -Function Invoke-ErrorManagerProcess, Invoke-WithErrorManager, Send-ErrorManagerFallback
