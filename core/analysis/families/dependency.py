"""What the application needs from elsewhere: other services, packages, files of the system."""

import re

from core.analysis.family import Facts, Family, found
from core.errors import Category

_CLIENTS = frozenset({
    "requests", "httpx", "httpx2", "httpcore", "urllib3", "aiohttp", "http.client", "urllib",
    "grpc", "io.grpc", "botocore", "boto3",
    "google", "googleapiclient", "azure", "kafka", "aiokafka", "confluent_kafka", "kombu",
    "amqp", "pika", "aio_pika", "nats",
    "socket", "ssl", "smtplib", "paramiko", "java.net", "net", "system.net", "guzzlehttp",
    "faraday", "org.apache.http",
    "org.apache.kafka", "okhttp3", "stripe", "twilio",
})  # fmt: skip
_CLOUDS = frozenset({"botocore", "boto3", "kafka", "azure", "kombu", "amqp", "pika"})
_OUTSIDE = frozenset(
    {
        Category.CONNECTION,
        Category.TIMEOUT,
        Category.UNAVAILABLE,
        Category.SERVER,
        Category.ROUTING_STALE,
    }
)
_MISSING = (
    "no module named",
    "cannot import name",
    "cannot find module",
    "class not found",
    "dll",
    "shared library",
    "cannot open shared object",
)
_PATTERNS = {
    "package": re.compile(
        r"(?:No module named|Cannot find module|cannot import name) ['\"]([\w./@-]{1,100})['\"]"
    ),
    "host": re.compile(
        r"host=['\"]?([\w.-]{1,100})|https?://([\w.-]{1,100})|\b(?:to|host"
        r"|resolve) ([\w-]{1,60}(?:\.[\w-]{1,60})+(?::\d+)?)"
    ),
    "service": re.compile(r"\bthe (\w{2,60}) operation\b"),
}


def weight(facts: Facts) -> float:
    if facts.category in _OUTSIDE:
        return 0.8 if facts.from_library(_CLIENTS) else 0.5
    if facts.category is Category.CONFIG and (
        facts.says(_MISSING) or facts.type.endswith(("NotFoundError", "ImportError"))
    ):
        return 0.75
    if facts.from_library(_CLOUDS):
        return 0.7
    return 0.0


def context(facts: Facts) -> dict[str, str]:
    return found(_PATTERNS, facts.message)


FAMILY = Family("dependency", weight, context)
