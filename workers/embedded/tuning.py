"""Settings of the embedded PostgreSQL, fitting a small host that runs everything else, too."""

from collections.abc import Mapping
from pathlib import Path

MEGABYTE = 2**20
LEAST_BUFFERS = 64
MOST_BUFFERS = 1024

# Passwords only, also for loopback: other people may have accounts on the host.
ACCESS = """\
# Written at every start.
host all all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
"""

# A dead client is noticed in about five seconds; the client's side is in core.store.engine.
LIVENESS = {
    "tcp_keepalives_idle": "2",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "5s",
    "client_connection_check_interval": "1s",
    "idle_in_transaction_session_timeout": "60s",
}

# For test servers only: what they hold need not outlive them.
THROWAWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
}


def settings(*, port: int, memory: int) -> dict[str, str]:
    """`memory` is that of the host, in bytes; the server takes about an eighth of it."""
    megabytes = memory // MEGABYTE
    buffers = min(max(megabytes // 8, LEAST_BUFFERS), MOST_BUFFERS)
    return LIVENESS | {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "cluster_name": "mendline",
        "password_encryption": "scram-sha-256",
        "max_connections": "200",
        "max_prepared_transactions": "20",
        "shared_buffers": f"{buffers}MB",
        "effective_cache_size": f"{max(megabytes // 2, 2 * buffers)}MB",
        "work_mem": "8MB",
        "maintenance_work_mem": f"{min(max(megabytes // 32, 32), 256)}MB",
        "wal_level": "replica",
        "max_wal_size": "1GB",
        # An archive that stands still must not fill the disk: it begins again instead.
        "max_slot_wal_keep_size": "4GB",
        "min_wal_size": "80MB",
        "checkpoint_timeout": "10min",
        "random_page_cost": "1.1",
        "jit": "off",
        "autovacuum_naptime": "15s",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] %a ",
        "log_checkpoints": "off",
        "log_min_duration_statement": "2s",
        "logging_collector": "off",
    }


def configuration(values: Mapping[str, str], *, custom: Path) -> str:
    """The text of postgresql.conf; `custom` is read last, so the operator's word wins."""
    lines = [f"{name} = {_quoted(value)}" for name, value in values.items()]
    if custom.exists():
        lines.append(f"include = {_quoted(str(custom))}")
    head = f"# Written at every start; put changes into {custom}."
    return "\n".join([head, *lines, ""])


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
