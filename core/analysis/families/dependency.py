"""What the application needs from elsewhere: other services, packages, files of the system."""

import re

from core.analysis.details import Detail, found, told
from core.analysis.facts import Facts
from core.analysis.family import Family
from core.analysis.kinds import Kind, Kinds
from core.analysis.proposal import Advice
from core.errors import Category

_CLIENTS = frozenset({
    "requests", "httpx", "httpx2", "httpcore", "urllib3", "aiohttp", "http.client", "urllib",
    "grpc", "io.grpc", "botocore", "boto3", "oslo_messaging",
    "google", "googleapiclient", "azure", "kafka", "aiokafka", "confluent_kafka", "kombu",
    "amqp", "pika", "aio_pika", "nats", "software.amazon.awssdk", "com.amazonaws", "docker",
    "socket", "ssl", "smtplib", "paramiko", "java.net", "net", "system.net", "guzzlehttp",
    "faraday", "org.apache.http", "javax.net.ssl", "java.security.cert", "kubernetes",
    "org.apache.kafka", "okhttp3", "stripe", "twilio", "consul", "hvac", "ldap3",
})  # fmt: skip
_CLOUDS = frozenset({"botocore", "boto3", "kafka", "azure", "kombu", "amqp", "pika"})
_COMPONENTS = frozenset({"dependency", "dependencies", "broker", "kafka", "rabbitmq", "smtp", "s3"})
_OUTSIDE = frozenset(
    {
        Category.CONNECTION,
        Category.TIMEOUT,
        Category.UNAVAILABLE,
        Category.SERVER,
        Category.ROUTING_STALE,
    }
)
_LACKING = frozenset({Category.CONFIG, Category.NOT_FOUND, Category.UNKNOWN})
_IMPORTS = frozenset({
    "ModuleNotFoundError", "ImportError", "LoadError", "ClassNotFoundException",
    "NoClassDefFoundError", "UnsatisfiedLinkError", "DllNotFoundException",
    "PackageNotFoundError", "DistributionNotFound",
})  # fmt: skip
_MISSING = (
    "no module named", "cannot import name", "cannot find module", "class not found", ".dll",
    "shared librar", "cannot open shared object", "could not load file or assembly",
    "cannot load such file", "package does not exist", "failed to resolve import",
)  # fmt: skip
_TLS = (
    "certificate", "ssl:", "sslerror", "tls", "hostname mismatch", "unable_to_verify_leaf",
    "self-signed", "self signed", "pkix path",
)  # fmt: skip
_RESOLUTION = (
    "dependency resolution", "eresolve", "could not resolve dependencies",
    "resolve dependencies", "version solving failed", "no matching distribution",
    "unmet dependency", "peer dep", "conflicting dependencies", "version conflict",
)  # fmt: skip
_DETAILS = (
    Detail(
        "package",
        re.compile(
            r"(?:No module named|Cannot find module|Could not load file or assembly"
            r"|cannot load such file --|Failed to resolve import) ['\"]?([\w./@-]{1,100})"
            r"|cannot import name ['\"]\w{1,80}['\"] from (?:partially initialized module )?"
            r"['\"]([\w./@-]{1,100})"
            r"|(?:ClassNotFoundException|NoClassDefFoundError): ([\w./$]{1,120})"
            r"|loading shared libraries: ([\w.+-]{1,100})"
            r"|distribution found for ([\w.\[\]-]{1,80})",
        ),
        ("module", "import", "assembly", "load", "classnot", "noclassdef", "distribution"),
    ),
    Detail(
        "symbol", re.compile(r"cannot import name ['\"](\w{1,80})"), ("cannot import",)
    ),
    Detail(
        "host",
        re.compile(
            r"host=['\"]?([\w.-]{1,100})|https?://([\w.-]{1,100})|amqps?://(?:[^@/\s]{1,80}@)?"
            r"([\w.-]{1,100})|\b(?:to|host|resolve|getaddrinfo \w{4,12}|ECONNREFUSED|for|lookup) "
            r"['\"]?([\w-]{1,60}(?:\.[\w-]{1,60}){1,8}|localhost|[\w-]{2,60}(?=:\d))",
        ),
    ),
    Detail("port", re.compile(r"\bport[=: ]{1,2}(\d{2,5})\b|[\w\]]:(\d{2,5})\b(?![:\d])")),
    Detail("operation", re.compile(r"\bthe (\w{2,60}) operation\b"), ("operation",)),
    Detail("topic", re.compile(r"\btopic[ :=]{1,2}['\"]?([\w.-]{1,100})", re.IGNORECASE),
           ("topic",)),
    Detail("queue", re.compile(r"\bqueue[ :=]{1,2}['\"]([\w.-]{1,100})", re.IGNORECASE),
           ("queue",)),
    Detail("status", re.compile(r"\b(?:status(?: code)?|HTTP)[ :=]{1,2}([1-5]\d\d)\b"),
           ("status", "http")),
    Detail("retry_after", re.compile(r"\bretry[ _-]after[ :=]{1,2}(\d{1,6})\b", re.IGNORECASE),
           ("retry",)),
)  # fmt: skip
_TOLD = {
    "package": "package", "dependency": "package", "version": "version", "required": "required",
    "host": "host", "hostname": "host", "server.address": "host", "address": "host",
    "port": "port", "server.port": "port", "service": "service", "peer.service": "service",
    "topic": "topic", "queue": "queue", "status_code": "status", "http_status": "status",
    "syscall": "call", "retry_after": "retry_after", "Retry-After": "retry_after",
}  # fmt: skip

_KINDS = Kinds(
    Kind(
        "import_cycle", "Modules import one another before they are ready.", 500,
        words=("partially initialized module", "circular import", "circular dependency",
               "circular reference between"),
        never=Advice.ESCALATE,
    ),
    Kind(
        "resolution", "Packages that fit together cannot be found.", 500,
        codes=("ERESOLVE", "ETARGET"),
        types=("ResolutionImpossible", "VersionConflict", "DistributionNotFound",
               "PackageNotFoundError", "DependencyResolutionException"),
        words=_RESOLUTION, never=Advice.ESCALATE,
    ),
    Kind(
        "missing", "A package or a library is not installed.", 500,
        codes=("MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND", "ERR_PACKAGE_PATH_NOT_EXPORTED"),
        types=("ModuleNotFoundError", "ClassNotFoundException",
               "NoClassDefFoundError", "UnsatisfiedLinkError", "DllNotFoundException", "LoadError",
               "BadImageFormatException", "NoSuchMethodError", "AutoloadError"),
        words=_MISSING, vague=("ImportError",), never=Advice.ESCALATE,
    ),
    Kind(
        "dns", "The name has no address.", 503,
        codes=("ENOTFOUND", "EAI_AGAIN", "EAI_NONAME", "EAI_FAIL", "EAI_NODATA"),
        types=("gaierror", "UnknownHostException", "NameResolutionError",
               "ClientConnectorDNSError"),
        words=("name or service not known", "name resolution", "getaddrinfo",
               "failed to resolve '", "no such host",
               "could not resolve host", "nodename nor servname", "enotfound", "eai_again",
               "name not resolved", "no address associated", "could not be resolved",
               "no such host is known"),
    ),
    Kind(
        "certificate", "The other side could not prove who it is.", 502,
        codes=("CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN",
               "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "ERR_TLS_CERT_ALTNAME_INVALID"),
        types=("SSLCertVerificationError", "CertificateError", "CertificateExpiredException",
               "SSLHandshakeException", "SSLPeerUnverifiedException",
               "CertificateNotYetValidException", "AuthenticationException"),
        words=_TLS, never=Advice.ESCALATE,
    ),
    Kind(
        "broker", "The message broker cannot be reached or does not take the message.", 503,
        types=("NoBrokersAvailable", "AMQPConnectionError", "NodeNotReadyError",
               "BrokerUnreachableException", "KafkaConnectionError", "BrokerNotAvailableError",
               "NotLeaderForPartitionError", "LeaderNotAvailableError", "ConnectionForced",
               "ChannelClosedByBroker", "UnknownTopicOrPartitionError", "ResourceLocked"),
        words=("amqp", "rabbitmq", "kafka", "no brokers available", "broker"),
        again=Advice.CIRCUIT_BREAK,
    ),
    Kind("throttled", "The service wants fewer requests.", 429,
         codes=("429", "Throttling", "ThrottlingException", "SlowDown", "RequestLimitExceeded",
                "TooManyRequestsException", "ProvisionedThroughputExceededException"),
         categories=(Category.RATE_LIMIT,), again=Advice.THROTTLE),
    Kind("authentication", "The service refuses our credentials.", 502,
         codes=("401", "403", "AccessDenied", "ExpiredToken", "InvalidClientTokenId"),
         types=("NoCredentialsError", "SMTPAuthenticationError", "CredentialUnavailableError"),
         categories=(Category.AUTH,)),
    Kind("timeout", "The service did not answer in time.", 504,
         codes=("ETIMEDOUT", "ESOCKETTIMEDOUT", "408", "504"), categories=(Category.TIMEOUT,)),
    Kind("unavailable", "The service is not there, too busy, or fails over.", 503,
         codes=("502", "503"), categories=(Category.UNAVAILABLE, Category.ROUTING_STALE),
         again=Advice.CIRCUIT_BREAK),
    Kind("server", "The service failed.", 502, categories=(Category.SERVER,),
         again=Advice.CIRCUIT_BREAK),
    Kind("connection", "The service cannot be reached, or hung up.", 503,
         codes=("ECONNREFUSED", "ECONNRESET", "EPIPE", "EHOSTUNREACH", "ENETUNREACH"),
         categories=(Category.CONNECTION,), again=Advice.CIRCUIT_BREAK),
    Kind("not_found", "The service does not know what was asked for.", 404,
         codes=("404", "NoSuchKey", "NoSuchBucket", "ResourceNotFoundException"),
         categories=(Category.NOT_FOUND,)),
    Kind("request", "The service does not take the request.", 502,
         codes=("400", "422", "ValidationException"), categories=(Category.VALIDATION,)),
    Kind("configuration", "The access is not set up correctly.", 500,
         types=("NoRegionError", "ProfileNotFound", "InvalidURL", "MissingSchema"),
         categories=(Category.CONFIG,)),
    Kind("failed", "The service reports another failure.", 502),
)  # fmt: skip


def weight(facts: Facts) -> float:
    if facts.category in _OUTSIDE:
        return 0.8 if facts.from_library(_CLIENTS) else 0.5
    if facts.category in _LACKING and (facts.type in _IMPORTS or facts.says(_MISSING)):
        return 0.75
    if facts.category is Category.CONFIG and facts.says(_TLS):
        return 0.75
    if facts.from_library(_CLOUDS):
        return 0.7
    if facts.of_component(_COMPONENTS):
        return 0.5
    return 0.45 if facts.says(_RESOLUTION) or facts.says(_TLS[3:]) else 0.0


def context(facts: Facts) -> dict[str, str]:
    return {**found(_DETAILS, facts), **told(facts, _TOLD)}


FAMILY = Family(
    "dependency",
    "DEP",
    "Other services, brokers, packages and certificates that the program needs.",
    weight,
    context,
    _KINDS,
)
