"""Names of compiled functions: what compilers, linkers and demanglers add falls off; and which of
them start a program, manage its memory or end it.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

_ANONYMOUS = re.compile(
    r"\?A0x[0-9a-f]+(?:::)?|`anonymous[- ]namespace'(?:::)?|\(anonymous namespace\)(?:::)?"
    r"|\{anonymous\}::|_GLOBAL__N_1::"
)
_CLONES = (
    r"(?:\.(?:isra|part|constprop|cold|llvm|lto_priv|localalias|resume|destroy"
    r"|cleanup)(?:\.\d++)*+)++"
)
# A row of clones is looked at once, as a whole: in the middle of a name it is `kept`.
_NUMBERED = re.compile(
    rf"(?P<kept>{_CLONES}(?!$))|{_CLONES}$"
    r"|::h[0-9a-f]{16}$|@plt$|@@?[\w.]+$|\[abi:\w+\]|(?<=lambda_)[0-9a-f]+|'lambda\d*'|\.\d+$"
    r"| ?\+ ?(?:0x[0-9a-fA-F]+|\d+)$| \[(?:clone|inlined)[^\]]{0,100}\]| \(inlined\)$"
)
_INLINE_NAMESPACE = re.compile(r"(?<=std::)__(?:cxx11|ndk1|[0-9])::|(?<=std::)_V2::")
_BLOCK = re.compile(r"^__(?:\d+(?=[-+]\[))?(.{1,400}?)_block_invoke(?:[._]\d+)*$")
_SWIFT = re.compile(
    r"^(?:(?:(?:implicit )?closure #\d+|partial apply for|generic specialization <[^\n>]{0,200}> of"
    r"|specialized|merged|protocol witness for|\(\d+\) \w+ resume partial function for"
    r"|outlined \w+ of|@objc|static|\([^)]{0,200}\) (?:-> [^ ]{1,100} )?in|in) )+"
)
_LAMBDA = re.compile(
    r"(?:::)?(?:\{lambda\([^{}]{0,300}\)#\d+\}|\{closure#\d+\}|\$_\d+|<lambda_[\w]{1,64}>"
    r"|'lambda\d*')"
    r"(?:::operator\(\))?"
)
_THUNK = re.compile(r"^(?:reabstraction )?thunk |^@callee|^\[thunk\]")
_MODULE = re.compile(r"^[\w.-]{1,100}!(?=[\w`?~])")
_UNKNOWN = frozenset(
    {
        "", "?", "??", "???", "<redacted>", "<unknown>", "unknown", "(unknown)",
        "<unknown module>", "<stripped application code>", "stripped_application_code",
        "<null>", "(null)", "<no symbol>", "[unknown]", "unknown symbol",
    }
)  # fmt: skip
_ADDRESS = re.compile(
    r"^(?:0x)?[0-9a-fA-F]{6,16}$|^0x[0-9a-fA-F]{1,16}$|^(?:sub|fun|loc)_[0-9a-fA-F]+$"
    r"|^__?lldb_unnamed\w*"
)
_OPERATOR = re.compile(
    r"operator(?:\(\)|\[\]|->\*?|<=>|<<=|>>=|[<>]{1,2}=?|[-+*/%^&|~!=]=?|&&|\|\||\+\+|--|,"
    r"|\"\"| (?:new|delete)(?:\[\])?)"
)
_MANGLED = re.compile(r"^_{1,3}Z(?:N[rVKRO]{0,3})?(St|Sa|Ss)?(?=L?\d|C|D)")
_IDENTIFIER = re.compile(r"L?(\d{1,3})|I[^E]{0,200}E|([CD])[0-9]")

_FUNCTIONS = re.compile(
    # Sanitizers and fuzzers.
    r"_{0,3}(?:[amtlu]|hwa)san_|_{0,3}interceptor_|__sanitizer|__ubsan|__san_?cov|_?asan[._]\w"
    r"|(?:__(?:asan|msan|tsan|lsan|ubsan|hwasan|sanitizer|memprof)|agent::asan|fuzzer|afl|atheris"
    r"|crashpad|google_breakpad|libfuzzer_sys|backtrace|gsl::details|honggfuzz)::"
    r"|LLVMFuzzer|__afl|rust_fuzzer_test_input|TestOneProtoInput|RunOneTest|FuzzerDriver"
    r"|GetStackTrace|ExecuteFilesOnyByOne|StandaloneFuzz"
    # Memory and strings.
    r"|_{0,3}(?:GI_{1,3})?(?:mem(?:c?cpy|pcpy|move|set|r?chr|cmp|mem)|bcmp|bcopy|bzero"
    r"|(?:str|wcs|wmem)n?(?:cpy|cat|cmp|len|dup|r?chr|str|tok|spn|cspn|casecmp|set|move|toul?l?"
    r"|tod)"
    r"|v?(?:s|sn|f|as|vf)?w?(?:printf|scanf)|fread|fwrite|fputs|puts)"
    r"(?:_(?:l|s|chk|internal|r|erms|avx\w*|sse\w*|evex\w*|neon\w*|unaligned\w*|ssse3\w*|generic))*"
    r"(?:-[\w-]+)?$"
    r"|_{0,3}(?:libc_|GI_{1,3}|je_|tc_|g_|x|moz_x?|jemalloc_|slice_)?(?:malloc|calloc|realloc"
    r"|reallocarray|free|cfree|memalign|posix_memalign|aligned_alloc|valloc|strdup)(?:_\w+|0)?$"
    r"|_int_(?:malloc|free|realloc|memalign)|malloc_|unlink_chunk|sysmalloc|tcache_|munmap_chunk"
    r"|mozalloc_|tcmalloc::|jemalloc|PartitionAlloc|partition_alloc::|allocator_shim"
    r"|operator (?:new|delete)|szone_|tiny_(?:malloc|free)|nanov?2?_(?:malloc|free)|free_base$"
    r"|_free_dbg|_heap_(?:alloc|free)"
    r"|Rtlp?(?:Allocate|Free|Size|ReAllocate|Log|Report|HeapHandle)\w*Heap|RtlpHeap|Rtlp?LowFrag"
    # Endings.
    r"|_*(?:GI_+)?(?:abort|raise|gsignal|kill|tgkill|killpg|exit|quick_exit"
    r"|terminate)(?:_internal)?$"
    r"|_*pthread_(?:kill|sigmask)|__libc_(?:message|fatal|start|signal)|__(?:fortify|chk"
    r"|stack_chk)_"
    r"|__(?:GI_)?_?_?assert|_*assert_(?:fail|rtn|perror)|__kernel_|__restore|__run_exit"
    r"|<signal handler|std::_*(?:terminate|rethrow_exception)|_sigtramp|__cxa_"
    r"|__gxx_personality|_Unwind_|__gnu_cxx::__verbose"
    r"|(?:demangling|default)_terminate_handler|abort_message|_objc_terminate|objc_exception_"
    r"|__exceptionPreprocess|[-+]\[NSException |_?CxxThrow|_?RaiseException|RtlRaise|KiUser"
    r"|RtlReport|RtlDispatchException|RtlpExecuteHandler|__C_specific_handler|_?_?DebugBreak"
    r"|_purecall"
    r"|_invalid_parameter|_invoke_watson|UnhandledExceptionFilter|google::LogMessage"
    r"|logging::(?:LogMessage|CheckError|ErrnoLog)|base::(?:debug|allocator)::|WTFCrash"
    r"|v8::base::OS::Abort"
    r"|art::Runtime::Abort|art::AbortListener|__android_log_assert|swift_|_swift_runtime"
    r"|_fatalError"
    r"|_assertionFailure|_preconditionFailure|mach_msg|__swift_|block_(?:destroy|copy)_helper"
    r"|objc_(?:release|retain|msgSend|autorelease|storeStrong|loadWeak|destroyWeak)"
    r"|__ulock_wait|gpusGenerateCrashLog|g_(?:log|assertion|return_if)"
    # Starts.
    r"|_?_?start$|_*start_(?:thread|wqthread)|thread_start|__CFRUNLOOP_|_*CFRunLoop|GSEventRun"
    r"|-\[(?:UI|NS)Application _?run\]|_+pthread_(?:start|body|wqthread)|_*clone[23]?$"
    r"|generic_start_main|BaseThreadInitThunk|RtlUserThreadStart|RtlInitializeExceptionChain"
    r"|__scrt_|invoke_main|_?_?t?w?(?:win)?main_?crt_?startup|UIApplicationMain|NSApplicationMain"
    # Rust's and Python's own.
    r"|rust_(?:begin_unwind|panic|oom)|_*rust_(?:begin|end)_short|__rust_|core::panicking::"
    r"|std::(?:panicking|panic|rt|sys|sys_common|process|backtrace|alloc)::|panic_(?:abort"
    r"|unwind)::"
    r"|core::(?:result::unwrap_failed|option::(?:expect|unwrap)_failed|ops::function::"
    r"|slice::index::slice_)"
    r"|alloc::(?:alloc::|raw_vec::)|Py(?:Eval|Object|Run|CFunction|Vectorcall)_|_Py(?:Eval"
    r"|Object|Function)_"
    r"|Py_(?:Main|BytesMain|RunMain|FatalError)|pybind11::",
    re.IGNORECASE,
)
_HARNESS = re.compile(r"LLVMFuzzerTestOneInput|TestOneProtoInput|rust_fuzzer_test_input|__fuzz_")
_LIBRARY_NAMES = re.compile(
    r"std::|__gnu_cxx::|__cxxabiv1::|core::(?:ops|ptr|iter)::|_dispatch_"
    r"|boost::(?:function|detail|_bi|_mfi|bind|thread|call_once|shared_ptr|scoped_ptr)"
)
_FILES = re.compile(
    r"compiler-rt/lib/|/libsanitizer/|/sysdeps/|/glibc-|/include/c\+\+/|/c\+\+/v1/|/rustc/"
    r"|-gnu/bits/"
    r"|/libc\+\+|/jemalloc/|/tcmalloc/|/llvm-build/|\bvctools[/\\]crt|/csu/|^\.\./nptl|/nptl/"
    r"|\.\./(?:stdlib|malloc|string|signal|assert|debug)/\w|\./(?:stdlib|malloc|string|signal"
    r"|assert|debug|csu|nptl)/"
    r"|/libfuzzer-sys-|/afl[\w.+-]*/[\w/]*\.(?:rs|c|cc|cpp|h)$|cpython/|Objects/\w+\.c|Python/ceval"
)
_PACKAGES = re.compile(
    r"(?:^|/)(?:lib(?:c|pthread|dl|m|gcc_s|stdc\+\+|c\+\+|c\+\+abi|asan|ubsan|msan|tsan"
    r"|clang_rt[\w.-]*"
    r"|system_[\w]+|dyld|objc(?:\.a)?)(?:[-_][\d.]+)?\.(?:so|dylib)|ld[-\w.]*\.so|ld-linux"
    r"|linux-(?:vdso|gate)|\[vdso\]|clang_rt\.|(?:ntdll|kernel32|kernelbase|ucrtbase\w*|msvcrt"
    r"|msvcp\w+|vcruntime\w+)\.dll)",
    re.IGNORECASE,
)


@lru_cache(maxsize=16_384)
def symbol(function: str) -> str:
    """The bare name of a symbol: no return type, parameters, template arguments or numbering."""
    function = _MODULE.sub("", function.strip())
    if (
        function in _UNKNOWN
        or function == "destructor'"
        or _ADDRESS.match(function)
        or _THUNK.match(function)
    ):
        return ""
    block = _BLOCK.match(function)
    if block:
        function = block[1]
    if function[:2] in ("-[", "+["):
        return function.partition("]")[0] + "]"
    name = _NUMBERED.sub(r"\g<kept>", _demangled(function))
    name = _LAMBDA.sub("", _SWIFT.sub("", _ANONYMOUS.sub("", name)))
    name = name.removeprefix("decltype(auto) ")
    name = "".join(_outside(_of_trait(name))).partition(" : ")[0]
    name = _INLINE_NAMESPACE.sub("", name.replace("::::", "::").replace("::::", "::"))
    return _without_return_type(_NUMBERED.sub(r"\g<kept>", name.strip()).strip(": "))


def machinery(function: str, file: str, package: str) -> int:
    """3 for a fuzzer's harness, 2 for what starts, allocates, copies or ends, 1 for what wraps."""
    if _HARNESS.match(function):
        return 3
    if _FUNCTIONS.match(function):
        return 2
    if _PACKAGES.search(package.replace("\\", "/") or ("" if function else file)):
        return 1 if function else 2
    return int(bool(_LIBRARY_NAMES.match(function) or (file and _FILES.search(file))))


def _demangled(name: str) -> str:
    """The plain names of an Itanium-mangled symbol; types and template arguments are left out."""
    head = _MANGLED.match(name)
    if not head:
        return name
    parts, at = (["std"] if head[1] else []), head.end()
    while found := _IDENTIFIER.match(name, at):
        at = found.end()
        if found[1]:
            parts.append(name[at : at + int(found[1])])
            at += int(found[1])
        elif found[2] and parts:
            parts.append(("~" if found[2] == "D" else "") + parts[-1])
    return "::".join(parts) or name


def _of_trait(name: str) -> str:
    """`<Type as Trait>::method` is `Type::method`."""
    if name[:1] != "<":
        return name
    depth = 0
    for position, mark in enumerate(name):
        depth += (mark == "<") - (mark == ">" and name[position - 1] != "-")
        if not depth:
            return name[1:position].partition(" as ")[0].lstrip("&*") + name[position + 1 :]
    return name


def _outside(name: str) -> Iterator[str]:
    """The parts outside of brackets; what follows the parameters (const, noexcept) is dropped."""
    depth = position = 0
    while position < len(name):
        mark = name[position]
        if mark == "o" and not depth and (found := _OPERATOR.match(name, position)):
            yield found[0]
            position = found.end()
            continue
        if mark == "(" and not depth and position:
            return
        if mark in "<({[":
            depth += 1
        elif mark in ">)}]" and depth:
            depth -= 1
        elif not depth:
            yield mark
        position += 1


def _without_return_type(name: str) -> str:
    if "`" in name:
        return name
    start = name.find("operator")
    if start < 0:
        return name.rpartition(" ")[2]
    return name[:start].rpartition(" ")[2] + name[start:]
