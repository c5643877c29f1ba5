"""Work in lanes: bands at the broker, limits per key, keys that stay taken for a time."""

from alembic import op

revision = "0008"
down_revision = "0007"

# The dispatcher walks from lane to lane (queue, priority, target) and reads the head of each, so
# what it leaves alone costs it nothing, however many rows that is. Rows beyond the limit of their
# key are parked: they lie in an index of their own.
LANES = """
ALTER TABLE work_items
    ADD COLUMN band SMALLINT,
    ADD COLUMN concurrency_key TEXT,
    ADD COLUMN concurrency_limit INTEGER,
    ADD COLUMN parked BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN unique_until TIMESTAMPTZ;

DROP INDEX ix_work_items_due, ix_work_items_published, uq_work_items_unique_key;
CREATE INDEX ix_work_items_ready
    ON work_items (queue, priority, coalesce(target, ''), due_at, id)
    WHERE state = 'waiting' AND NOT parked;
CREATE INDEX ix_work_items_published ON work_items (queue, band, published_at)
    WHERE state = 'published';
CREATE INDEX ix_work_items_keyed ON work_items (concurrency_key, state, priority)
    WHERE concurrency_key IS NOT NULL AND NOT parked
      AND state IN ('waiting', 'published', 'running');
CREATE INDEX ix_work_items_parked ON work_items (concurrency_key, priority, due_at)
    WHERE state = 'waiting' AND parked;
CREATE UNIQUE INDEX uq_work_items_unique_key ON work_items (unique_key)
    WHERE unique_key IS NOT NULL
      AND (state IN ('waiting', 'published', 'running') OR unique_until IS NOT NULL);
"""

BEFORE = """
DROP INDEX ix_work_items_ready, ix_work_items_published, ix_work_items_keyed,
    ix_work_items_parked, uq_work_items_unique_key;
ALTER TABLE work_items
    DROP COLUMN band,
    DROP COLUMN concurrency_key,
    DROP COLUMN concurrency_limit,
    DROP COLUMN parked,
    DROP COLUMN unique_until;
CREATE INDEX ix_work_items_due ON work_items (priority, due_at) WHERE state = 'waiting';
CREATE INDEX ix_work_items_published ON work_items (published_at) WHERE state = 'published';
CREATE UNIQUE INDEX uq_work_items_unique_key ON work_items (unique_key)
    WHERE unique_key IS NOT NULL AND state IN ('waiting', 'published', 'running');
"""


def upgrade() -> None:
    op.execute(LANES)


def downgrade() -> None:
    op.execute(BEFORE)
