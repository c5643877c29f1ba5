"""Recoveries are of one category of an issue, and so are the signals that begin them."""

from alembic import op

revision = "0028"
down_revision = "0027"

# What was told before told of the issue as it was filed.
CHANGES = """
UPDATE signals SET detail = detail || jsonb_build_object('category', issues.category)
FROM issues
WHERE issues.id = signals.issue_id AND signals.kind = 'recoverable'
  AND NOT signals.detail ? 'category';
CREATE INDEX ix_signals_recoverable ON signals (issue_id, (detail ->> 'category'), at)
    WHERE kind = 'recoverable';
UPDATE recoveries SET subject = subject || ':' || category WHERE subject ~ '^issue:[0-9]+$';
"""


def upgrade() -> None:
    op.execute(CHANGES)


def downgrade() -> None:
    op.execute("DROP INDEX ix_signals_recoverable")
    op.execute("UPDATE recoveries SET subject = substring(subject FROM '^issue:[0-9]+')"
               " WHERE subject ~ '^issue:[0-9]+:' AND ended_at IS NOT NULL")
