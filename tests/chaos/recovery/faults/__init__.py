"""Faults that can be mended, by what they are done to; importing a module lists its own."""

from tests.chaos.recovery.faults import (
    caches,
    credentials,
    databases,
    network,
    releases,
    resources,
    services,
    workers,
)

__all__ = [
    "caches",
    "credentials",
    "databases",
    "network",
    "releases",
    "resources",
    "services",
    "workers",
]
