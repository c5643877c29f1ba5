"""Deliveries of messages and flights of the digest, to tell what ends the processes that take it."""

from alembic import op

revision = "0013"
down_revision = "0012"

# Rows live for seconds: room on the page, so that garbage is collected in passing.
POISON = """
CREATE TABLE message_deliveries (
    key TEXT NOT NULL,
    deliveries INTEGER NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_message_deliveries PRIMARY KEY (key)
);
CREATE SEQUENCE digest_flight_ids AS INTEGER CYCLE;
CREATE TABLE digest_flights (
    id BIGINT NOT NULL,
    rows BIGINT[] NOT NULL,
    alone SMALLINT NOT NULL,
    begun_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_digest_flights PRIMARY KEY (id)
) WITH (autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);
"""


def upgrade() -> None:
    op.execute(POISON)


def downgrade() -> None:
    op.execute("DROP TABLE digest_flights, message_deliveries")
    op.execute("DROP SEQUENCE digest_flight_ids")
