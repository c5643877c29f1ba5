"""Databases: connections, queries, transactions, migrations, deadlocks, constraints."""

import re

from core.analysis.details import Detail, found, told
from core.analysis.facts import Facts
from core.analysis.family import Family
from core.analysis.kinds import Kind, Kinds
from core.analysis.proposal import Advice
from core.errors import Category

_LIBRARIES = frozenset({
    "psycopg", "psycopg2", "psycopg_pool", "asyncpg", "pg8000", "sqlalchemy", "sqlite3",
    "aiosqlite", "mysqldb", "pymysql", "flask_sqlalchemy", "databases", "sqlmodel",
    "mysql", "mariadb", "aiomysql", "asyncmy", "pymssql", "pyodbc", "oracledb", "cx_oracle",
    "oslo_db", "alembic", "pymongo", "flyway", "org.flywaydb", "liquibase",
    "motor", "mongoengine", "django.db", "peewee", "tortoise", "cassandra", "elasticsearch",
    "opensearchpy", "neo4j", "influxdb", "qdrant_client", "pymilvus", "chromadb", "weaviate",
    "clickhouse_driver", "java.sql", "javax.persistence", "jakarta.persistence",
    "org.hibernate", "org.springframework.dao",
    "org.springframework.jdbc", "org.postgresql", "com.mysql", "com.zaxxer", "com.mongodb",
    "npgsql", "microsoft.data.sqlclient", "oracle.jdbc", "database/sql", "gorm", "lib/pq",
    "system.data", "microsoft.entityframeworkcore", "mysqlconnector", "activerecord", "pg",
    "mysql2", "doctrine", "ecto", "postgrex", "diesel", "sqlx",
    "illuminate.database", "pdoexception", "sequelize", "prisma", "pgconn", "database",
})  # fmt: skip
_TYPES = frozenset({
    "PDOException", "QueryException", "SequelizeDatabaseError", "PrismaClientKnownRequestError",
    "PrismaClientInitializationError", "MongoServerError", "MongoNetworkError", "PostgresError",
    "SqlException", "DbUpdateException", "NpgsqlException", "PSQLException", "PgError",
})  # fmt: skip
_SYSTEMS = ("sqlstate:", "mysql:", "oracle:", "sqlserver:", "mongodb:")
_COMPONENTS = frozenset({
    "database", "db", "postgres", "postgresql", "mysql", "mongodb", "sql", "repository",
})  # fmt: skip
_WORDS = (
    "postgres", "mysql", "mongodb", "sqlite", "database", "sql server", "deadlock", "transaction",
    "ora-0", 'relation "',
)  # fmt: skip
_DETAILS = (
    Detail(
        "constraint",
        re.compile(
            r"\b(?:constraint|unique index|for key) ['\"`\[]?(?!failed\b|violat)([\w.$-]{1,100})",
            re.IGNORECASE,
        ),
        ("constraint", "unique index", "for key"),
    ),
    Detail(
        "table",
        re.compile(
            r"\b(?:relation|table|collection|into|from|update|object) ['\"`]([\w.$-]{1,100})['\"`]"
            r"|\b(?:no such table: |INSERT INTO |UPDATE |FROM )['\"`]?([\w.$]{1,100})"
            r"|\b(?:UNIQUE|NOT NULL) constraint failed: (\w{1,80})\."
            r"|\bcollection: ([\w.-]{1,100})"
        ),
    ),
    Detail(
        "column",
        re.compile(
            r"\bcolumn:? ['\"`]?([\w.$]{1,100})|\bKey \((\w[\w, ]{0,99})\)="
            r"|\bconstraint failed: \w{1,80}\.(\w{1,80})|\bfields?:? \(?['\"`](\w{1,80})['\"`]",
            re.IGNORECASE,
        ),
        ("column", "key (", "constraint failed", "field"),
    ),
    Detail(
        "database",
        re.compile(r"\bdatabase ['\"`]([\w.$-]{1,100})['\"`]", re.IGNORECASE),
        ("database",),
    ),
    Detail(
        "sqlstate",
        re.compile(r"\bSQLSTATE[\[ :=(]{1,3}([0-9A-Z]{5})\b", re.IGNORECASE),
        ("sqlstate",),
    ),
    Detail(
        "statement",
        re.compile(
            r"\b(SELECT|INSERT|UPDATE|DELETE|MERGE|ALTER|CREATE|DROP|TRUNCATE|COPY|LOCK|COMMIT)\b"
            r" (?=[\w*\"'`(])"
        ),
    ),
    Detail(
        "host",
        re.compile(
            r"\b(?:server at|to server on|connect(?:ion)? to|host|on) ['\"]?"
            r"([\w-]{1,60}(?:\.[\w-]{1,60}){1,8}|localhost|[\w-]{2,60}(?=:\d))",
            re.IGNORECASE,
        ),
        ("server", "connect", "host"),
    ),
    Detail(
        "port",
        re.compile(r"\bport[ =:]{1,2}(\d{2,5})\b|[\w\]]:(\d{3,5})\b(?!\d)"),
    ),
    Detail(
        "user",
        re.compile(r"\b(?:user|role) ['\"`]([\w.$@%-]{1,80})['\"`]", re.IGNORECASE),
        ("user", "role"),
    ),
    Detail(
        "revision",
        re.compile(r"\b(?:revision|migration)[^'\"]{0,30}['\"]([\w.-]{1,80})['\"]", re.IGNORECASE),
        ("revision", "migration"),
    ),
)
_TOLD = {
    "table": "table", "table_name": "table", "constraint": "constraint", "column": "column",
    "constraint_name": "constraint", "column_name": "column", "sqlstate": "sqlstate",
    "pgcode": "sqlstate", "db.name": "database", "database": "database", "db.system": "system",
    "operation": "operation", "statement": "operation", "host": "host", "port": "port",
    "server.address": "host", "server.port": "port", "retry_after": "retry_after",
}  # fmt: skip
_SQLSTATE = re.compile(r"[0-9A-Z]{5}")

_KINDS = Kinds(
    Kind(
        "deadlock", "Transactions waited for one another; one was broken off.", 503,
        codes=("40P01", "1213", "ORA-00060", "sqlserver:1205", "mongodb:112"),
        types=("DeadlockDetected", "DeadlockDetectedError", "DBDeadlock", "Deadlocked",
               "DeadlockLoserDataAccessException"),
        words=("deadlock",), again=Advice.RETRY,
    ),
    Kind(
        "serialization", "Changes at the same time cannot be put in an order.", 503,
        codes=("40001", "ORA-08177", "3960", "3961"),
        types=("SerializationFailure", "SerializationError", "StaleDataError", "WriteConflict",
               "OptimisticLockException", "StaleObjectStateException", "StaleObjectError",
               "DbUpdateConcurrencyException", "ObjectOptimisticLockingFailureException"),
        words=("could not serialize", "serialization failure", "write conflict",
               "updated or deleted by another transaction", "optimistic lock"),
        again=Advice.RETRY,
    ),
    Kind(
        "lock", "A lock was not given in time.", 503,
        codes=("55P03", "mysql:1205", "ORA-00054", "1222", "mongodb:50"),
        types=("LockNotAvailable", "LockNotAvailableError", "LockTimeoutException",
               "PessimisticLockException", "CannotAcquireLockException", "LockWaitTimeout"),
        words=("lock wait timeout", "lock timeout", "could not obtain lock",
               "database is locked", "database table is locked", "resource busy and acquire"),
        again=Advice.RETRY,
    ),
    Kind(
        "too_many_connections", "The server has no connection left to give.", 503,
        codes=("53300", "1040", "1203", "ORA-00018", "ORA-00020", "10928", "10929"),
        types=("TooManyConnections", "TooManyConnectionsError"),
        words=("too many connections", "too many clients", "remaining connection slots",
               "max_user_connections", "max_connections"),
        again=Advice.THROTTLE,
    ),
    Kind(
        "pool", "The program's own pool has no connection free.", 503,
        types=("PoolTimeout", "WaitQueueTimeoutError",
               "SQLTransientConnectionException", "PoolTimeoutError"),
        words=("queuepool limit", "pool exhausted", "connection pool", "pool is full",
               "couldn't get a connection after", "timeout acquiring a connection",
               "connection is not available, request timed out", "from the pool",
               "all pooled connections"),
        again=Advice.THROTTLE,
    ),
    Kind(
        "authentication", "The server refuses the credentials.", 500,
        codes=("28P01", "28000", "1045", "1044", "18456", "ORA-01017", "mongodb:18"),
        types=("InvalidPassword", "InvalidAuthorizationSpecification"),
        words=("password authentication failed", "access denied for user", "login failed",
               "authentication failed", "no pg_hba.conf entry", "invalid username/password"),
    ),
    Kind(
        "permission", "The user lacks a right.", 500,
        codes=("42501", "1142", "1143", "229", "ORA-01031", "mongodb:13"),
        types=("InsufficientPrivilege", "InsufficientPrivilegeError"),
        words=("permission denied for", "insufficient privilege", "must be owner of",
               "command denied to user"),
    ),
    Kind(
        "migration", "The schema is not the one that the program needs, or could not be changed.",
        503, vague=("CommandError",),
        types=("MigrationSchemaMissing", "InconsistentMigrationHistory", "FlywayException",
               "FlywayValidateException", "PendingMigrationError", "LiquibaseException",
               "MultipleHeads", "NodeNotFoundError"),
        words=("migration", "can't locate revision", "multiple head revisions",
               "migrations are pending", "target database is not up to date"),
        never=Advice.ESCALATE,
    ),
    Kind(
        "unique", "There is such a row already.", 409,
        codes=("23505", "1062", "1586", "2601", "2627", "ORA-00001", "11000", "P2002"),
        types=("UniqueViolation", "UniqueViolationError", "DuplicateKeyError", "RecordNotUnique",
               "DuplicateKeyException", "UniqueConstraintViolationException",
               "SequelizeUniqueConstraintError"),
        words=("duplicate key", "unique constraint", "duplicate entry", "e11000", "must be unique"),
    ),
    Kind(
        "foreign_key", "A row points to one that is not there, or is pointed to.", 409,
        codes=("23503", "1451", "1452", "1216", "1217", "547", "ORA-02291", "ORA-02292", "P2003"),
        types=("ForeignKeyViolation", "ForeignKeyViolationError", "InvalidForeignKey",
               "SequelizeForeignKeyConstraintError", "ProtectedError"),
        words=("foreign key",),
    ),
    Kind(
        "not_null", "A value is missing that must be there.", 422,
        codes=("23502", "1048", "1364", "515", "ORA-01400"),
        types=("NotNullViolation", "NotNullViolationError"),
        words=("not null constraint", "not-null constraint", "cannot be null",
               "cannot insert the value null", "null value in column"),
    ),
    Kind(
        "check", "A value breaks a rule of the table.", 422,
        codes=("23514", "3819", "4025", "ORA-02290", "mongodb:121"),
        types=("CheckViolation", "CheckViolationError"),
        words=("check constraint", "document failed validation"),
    ),
    Kind(
        "constraint", "The rows would contradict a constraint.", 409,
        codes=("23*", "23P01"),
        types=("ExclusionViolation", "CardinalityViolation"),
        words=("violates", "constraint failed"),
        vague=("IntegrityError", "IntegrityConstraintViolation", "ConstraintViolationException",
               "DataIntegrityViolationException"),
        categories=(Category.INTEGRITY,),
    ),
    Kind(
        "schema", "A table, column or function is not there.", 500,
        codes=("42P01", "42703", "42883", "42P02", "3F000", "1146", "1054", "1305", "sqlserver:207",
               "sqlserver:208", "ORA-00942", "ORA-00904", "3D000", "1049", "mongodb:26"),
        types=("UndefinedTable", "UndefinedColumn", "UndefinedFunction", "UndefinedTableError",
               "UndefinedColumnError", "NoSuchTableError", "TableNotFoundException"),
        words=("no such table", "no such column", "unknown column", "invalid object name",
               "invalid column name", "unknown database", "undefined column", "undefined table",
               "undefinedcolumn", "undefinedtable"),
        categories=(Category.NOT_FOUND,), never=Advice.ESCALATE,
    ),
    Kind(
        "not_found", "No row where one was asked for.", 404,
        types=("NoResultFound", "DoesNotExist", "ObjectDoesNotExist", "RecordNotFound",
               "EntityNotFoundException", "EmptyResultDataAccessException",
               "ModelNotFoundException", "MultipleResultsFound"),
        words=("no row was found", "no rows in result set", "matching query does not exist",
               "couldn't find", "no query results for model"),
        never=Advice.FAIL_FAST,
    ),
    Kind(
        "data", "A value does not fit its column.", 422,
        codes=("22*", "1406", "1264", "1292", "1366", "8152", "2628", "245", "ORA-12899",
               "ORA-01722"),
        types=("StringDataRightTruncation", "NumericValueOutOfRange",
               "InvalidTextRepresentation", "InvalidDatetimeFormat"),
        vague=("DataError",),
        words=("value too long", "data too long", "out of range", "incorrect string value",
               "invalid input syntax", "truncated"),
        categories=(Category.VALIDATION,),
    ),
    Kind(
        "query", "The statement itself is wrong.", 500,
        codes=("42601", "42*", "1064", "sqlserver:102", "sqlserver:156", "ORA-00933", "ORA-00936"),
        types=("SyntaxErrorOrAccessRuleViolation", "PostgresSyntaxError", "ArgumentError",
               "BadSqlGrammarException", "CompileError", "NoReferencedTableError"),
        words=("syntax error", "error in your sql syntax", "incorrect syntax near"),
        vague=("InvalidRequestError",), categories=(Category.BUG,),
    ),
    Kind(
        "transaction", "The transaction is in a state that does not allow it.", 500,
        codes=("25P02", "25*", "40*", "3B*", "0B000"),
        types=("InFailedSqlTransaction", "PendingRollbackError", "TransactionManagementError",
               "InFailedSQLTransactionError", "TransactionRolledbackError",
               "UnexpectedRollbackException", "ResourceClosedError", "TransactionRequiredException",
               "IllegalTransactionStateException", "NoActiveSqlTransaction"),
        words=("current transaction is aborted", "transaction has been rolled back",
               "previous exception during flush", "no transaction", "transaction is already"),
        categories=(Category.CONCURRENCY,),
    ),
    Kind(
        "timeout", "The statement took too long.", 504,
        codes=("57014", "3024", "ORA-01013", "sqlserver:-2", "mongodb:262"),
        types=("QueryCanceled", "QueryCanceledError", "ExecutionTimeout", "QueryTimeoutException",
               "ServerSelectionTimeoutError"),
        words=("statement timeout", "query timed out", "maximum statement execution time",
               "canceling statement", "execution time exceeded"),
        categories=(Category.TIMEOUT,),
    ),
    Kind(
        "read_only", "This server takes no changes now.", 503,
        codes=("25006", "1290", "1836", "3906", "10107", "13435"),
        types=("ReadOnlySqlTransaction", "NotPrimaryError", "NotMasterError"),
        words=("read-only transaction", "read only", "read-only", "not primary", "not master"),
        categories=(Category.ROUTING_STALE,), again=Advice.RETRY,
    ),
    Kind(
        "disk_full", "The server's disk is full.", 507,
        codes=("53100", "1021", "1114", "ORA-01653", "ORA-01654", "1105"), types=("DiskFull",),
        words=("disk full", "no space left", "disk is full", "unable to extend"),
        never=Advice.ESCALATE,
    ),
    Kind(
        "resources", "The server is short of memory, locks or another resource.", 503,
        codes=("53*", "53200", "1041", "701", "ORA-04031"),
        words=("out of shared memory", "out of memory", "max_locks_per_transaction"),
        categories=(Category.RESOURCE,), again=Advice.THROTTLE,
    ),
    Kind(
        "corruption", "What is stored is damaged.", 500,
        codes=("XX001", "XX002", "58030", "824", "ORA-01578", "mysql:126", "mysql:145"),
        types=("DataCorrupted", "IndexCorrupted"),
        words=("disk image is malformed", "invalid page in block", "is marked as crashed",
               "could not read block"),
        never=Advice.ESCALATE,
    ),
    Kind(
        "unavailable", "The server starts, stops or fails over.", 503,
        codes=("57P03", "57P01", "57P02", "1053", "1077", "ORA-01033", "ORA-01034", "40613"),
        types=("AdminShutdown", "CannotConnectNow", "CrashShutdown", "AutoReconnect"),
        words=("starting up", "shutting down", "in recovery", "administrator command"),
        categories=(Category.UNAVAILABLE,), again=Advice.CIRCUIT_BREAK,
    ),
    Kind(
        "connection", "The server cannot be reached, or hung up.", 503,
        codes=("08*", "2002", "2003", "2006", "2013", "ORA-03113", "ORA-12541", "ORA-12514"),
        types=("ConnectionDoesNotExistError", "CommunicationsException",
               "MongoNetworkError", "DBConnectionError", "ConnectionNotEstablished",
               "PrismaClientInitializationError", "ConnectionFailure"),
        words=("could not connect", "connection refused", "connection reset", "server closed",
               "gone away", "lost connection", "can't connect", "connection to server"),
        vague=("InterfaceError",),
        categories=(Category.CONNECTION,), again=Advice.CIRCUIT_BREAK,
    ),
    Kind("cancelled", "The statement was called off.", 499, categories=(Category.CANCELLED,),
         never=Advice.NONE),
    Kind("access", "The server does not allow it.", 500, categories=(Category.AUTH,)),
    Kind("configuration", "The connection is not set up correctly.", 500,
         types=("ImproperlyConfigured", "NoSuchModuleError"), categories=(Category.CONFIG,)),
    Kind("failed", "The database reports another failure.", 500),
)  # fmt: skip


def weight(facts: Facts) -> float:
    if facts.from_library(_LIBRARIES) or facts.type in _TYPES:
        return 0.88
    if facts.rule.removeprefix("cause ").startswith(_SYSTEMS):
        return 0.8
    if facts.of_component(_COMPONENTS):
        return 0.7
    return 0.55 if facts.says(_WORDS) else 0.0


def context(facts: Facts) -> dict[str, str]:
    details = {**found(_DETAILS, facts), **told(facts, _TOLD)}
    if "sqlstate" not in details:
        state = next(filter(_SQLSTATE.fullmatch, facts.codes), None)
        if state and any(letter.isdigit() for letter in state):
            details["sqlstate"] = state
    operation = details.pop("operation", "").split(" ", 1)[0].upper()
    if operation and "statement" not in details:
        details["statement"] = operation
    return details


FAMILY = Family(
    "database",
    "DB",
    "Connections, queries, transactions, migrations and constraints of databases.",
    weight,
    context,
    _KINDS,
)
