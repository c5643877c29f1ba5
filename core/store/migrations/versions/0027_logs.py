"""The lines that our processes log, in day partitions, which are made and dropped at run time."""

from alembic import op

revision = "0027"
down_revision = "0026"

LOGS = """
CREATE SEQUENCE log_line_ids;

CREATE TABLE log_lines (
    id BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    level SMALLINT NOT NULL,
    event TEXT NOT NULL,
    process TEXT NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    task TEXT,
    task_id TEXT,
    request_id TEXT,
    project_id BIGINT,
    fields JSONB NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX ix_log_lines_id ON log_lines (id);
CREATE INDEX ix_log_lines_event_id ON log_lines (event, id);
CREATE INDEX ix_log_lines_grave ON log_lines (id) WHERE level >= 30;
CREATE INDEX ix_log_lines_request_id ON log_lines (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX ix_log_lines_task_id ON log_lines (task_id) WHERE task_id IS NOT NULL;
"""


def upgrade() -> None:
    op.execute(LOGS)


def downgrade() -> None:
    op.execute("DROP TABLE log_lines")
    op.execute("DROP SEQUENCE log_line_ids")
