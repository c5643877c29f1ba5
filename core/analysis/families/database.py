"""Databases: connections, queries, transactions, migrations, deadlocks, constraints."""

import re

from core.analysis.family import Facts, Family, found
from core.errors import Category

_LIBRARIES = frozenset({
    "psycopg", "psycopg2", "psycopg_pool", "asyncpg", "pg8000", "sqlalchemy", "sqlite3",
    "aiosqlite", "mysqldb", "pymysql",
    "mysql", "mariadb", "aiomysql", "asyncmy", "pymssql", "pyodbc", "oracledb", "cx_oracle",
    "oslo_db", "alembic", "pymongo",
    "motor", "mongoengine", "django.db", "peewee", "tortoise", "cassandra", "elasticsearch",
    "opensearchpy", "neo4j", "influxdb",
    "clickhouse_driver", "java.sql", "javax.persistence", "jakarta.persistence",
    "org.hibernate", "org.springframework.dao",
    "org.springframework.jdbc", "org.postgresql", "com.mysql", "com.zaxxer", "com.mongodb",
    "npgsql", "microsoft.data.sqlclient",
    "system.data", "microsoft.entityframeworkcore", "mysqlconnector", "activerecord", "pg",
    "mysql2", "doctrine",
    "illuminate.database", "pdoexception", "sequelize", "prisma", "pgconn", "database",
})  # fmt: skip
_SYSTEMS = ("sqlstate:", "mysql:", "oracle:", "sqlserver:", "mongodb:")
_WORDS = (
    "postgres",
    "mysql",
    "mongodb",
    "sqlite",
    "database",
    "sql server",
    "deadlock",
    "transaction",
    "ora-0",
    'relation "',
)
_KINDS = {
    Category.CONNECTION: "connection",
    Category.TIMEOUT: "query",
    Category.CONCURRENCY: "transaction",
    Category.INTEGRITY: "constraint",
    Category.RESOURCE: "resources",
    Category.AUTH: "access",
    Category.BUG: "query",
    Category.NOT_FOUND: "schema",
    Category.VALIDATION: "data",
}
_PATTERNS = {
    "constraint": re.compile(
        r"\b(?:constraint|unique index|for key) ['\"`]?([\w.$-]{1,100})", re.IGNORECASE
    ),
    "table": re.compile(
        r"\b(?:relation|table|collection|into|from"
        r"|update) ['\"`]([\w.$-]{1,100})['\"`]|\b(?:no such table: |INSERT INTO "
        r"|UPDATE |FROM )([\w.$]{1,100})"
    ),
    "column": re.compile(r"\bcolumn ['\"`]?([\w.$]{1,100})", re.IGNORECASE),
    "database": re.compile(r"\bdatabase ['\"`]([\w.$-]{1,100})['\"`]", re.IGNORECASE),
    "server": re.compile(
        r"\b(?:server at|to server on|connect to|host) ['\"]?([\w.-]{2,100}(?::\d{2,5})?)"
    ),
}


def weight(facts: Facts) -> float:
    if facts.from_library(_LIBRARIES):
        return 0.88
    if facts.rule.removeprefix("cause ").startswith(_SYSTEMS):
        return 0.8
    if facts.component in ("database", "db", "postgres", "mysql", "mongodb"):
        return 0.7
    return 0.55 if facts.says(_WORDS) else 0.0


def context(facts: Facts) -> dict[str, str]:
    details = found(_PATTERNS, facts.message)
    kind = (
        "migration"
        if "alembic" in facts.modules or facts.says(("migration",))
        else _KINDS.get(facts.category)
    )
    if kind:
        details["kind"] = kind
    return details


FAMILY = Family("database", weight, context)
