"""Figures about PostgreSQL from its own views; each needs no more rights than an owner has."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.store import partitions

# What the entries of a B-tree take: 16 bytes each besides their widths, in pages that are nine
# tenths full. Widths are what `ANALYZE` found; where it has not been, nothing is told.
_INDEXES: Final = """
    SELECT index.relname AS name, pg_relation_size(index.oid) AS bytes,
        CASE WHEN count(stats.avg_width) = count(*)
            THEN (greatest(index.reltuples, 0) * (16 + sum(stats.avg_width)) / 0.9)::bigint + 16384
            ELSE 0 END AS needed
    FROM pg_index AS made
    JOIN pg_class AS index ON index.oid = made.indexrelid AND index.relkind = 'i'
    JOIN pg_am AS method ON method.oid = index.relam AND method.amname = 'btree'
    JOIN pg_class AS own ON own.oid = made.indrelid
    JOIN pg_namespace AS place ON place.oid = own.relnamespace
        AND place.nspname = current_schema()
    CROSS JOIN LATERAL unnest(made.indkey) AS key (number)
    LEFT JOIN pg_attribute AS field ON field.attrelid = own.oid AND field.attnum = key.number
    LEFT JOIN pg_stats AS stats ON stats.schemaname = place.nspname
        AND stats.tablename = own.relname AND stats.attname = field.attname
    WHERE made.indisvalid AND made.indpred IS NULL
    GROUP BY index.oid, index.relname, index.reltuples"""
_UNUSED: Final = """
    SELECT stat.indexrelname AS name, stat.idx_scan AS scans,
        pg_relation_size(stat.indexrelid) AS bytes,
        extract(epoch FROM clock_timestamp() - coalesce(
            base.stats_reset, pg_postmaster_start_time()))::float / 86400 AS days
    FROM pg_stat_user_indexes AS stat
    JOIN pg_index AS made USING (indexrelid)
    JOIN pg_stat_database AS base ON base.datname = current_database()
    WHERE NOT made.indisunique AND stat.schemaname = current_schema()"""
_STATEMENTS: Final[Mapping[str, str]] = {
    "databases": """
        SELECT datname AS name, greatest(age(datfrozenxid), mxid_age(datminmxid)) AS age
        FROM pg_database WHERE datallowconn""",
    "tables": """
        SELECT relname AS name, n_dead_tup AS dead, n_live_tup AS live
        FROM pg_stat_user_tables WHERE schemaname = current_schema()""",
    "indexes": _INDEXES,
    "unused": _UNUSED,
    "transactions": """
        SELECT pid, application_name AS application, usename AS user,
            state LIKE 'idle in transaction%' AS idle,
            extract(epoch FROM clock_timestamp() - CASE
                WHEN state LIKE 'idle in transaction%' THEN state_change ELSE xact_start END
            )::float AS seconds
        FROM pg_stat_activity
        WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database()
            AND backend_type = 'client backend'""",
    "prepared": """
        SELECT gid, extract(epoch FROM clock_timestamp() - prepared)::float AS seconds
        FROM pg_prepared_xacts WHERE database = current_database()""",
    "locks": """
        SELECT wanted.pid, coalesce(wanted.relation::regclass::text, wanted.locktype) AS relation,
            pg_blocking_pids(wanted.pid) AS blockers,
            extract(epoch FROM clock_timestamp() - coalesce(
                wanted.waitstart, clock_timestamp()))::float AS seconds
        FROM pg_locks AS wanted JOIN pg_stat_activity AS who USING (pid)
        WHERE NOT wanted.granted AND who.datname = current_database()
            AND wanted.locktype <> 'advisory'""",
    "sequences": """
        SELECT sequencename AS name, last_value AS last, max_value AS most
        FROM pg_sequences WHERE last_value IS NOT NULL AND schemaname = current_schema()
            AND NOT cycle""",
    "connections": """
        SELECT count(*) AS used, current_setting('max_connections')::int AS most
        FROM pg_stat_activity WHERE backend_type = 'client backend'""",
    "slots": """
        SELECT slot_name AS name,
            coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint AS bytes
        FROM pg_replication_slots WHERE NOT pg_is_in_recovery() AND NOT active""",
}


def figures(session: Session, now: datetime) -> dict[str, Sequence[Mapping[str, Any]]]:
    found: dict[str, Sequence[Mapping[str, Any]]] = {
        name: [dict(row) for row in session.execute(text(statement)).mappings()]
        for name, statement in _STATEMENTS.items()
    }
    ahead = [day for day in partitions.days(session) if day > now.date()]
    today = now.date() in partitions.days(session)
    return found | {"partitions": [{"ahead": len(ahead) if today else 0}]}
