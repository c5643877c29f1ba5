"""Older versions of grouping are asked by project; kinds of failures beside their family."""

from alembic import op

revision = "0019"
down_revision = "0018"

# Rows from before have none: what went wrong inside of a family was told by the payload alone.
KINDS = """
ALTER TABLE issues ADD COLUMN kind TEXT;
ALTER TABLE events ADD COLUMN kind TEXT, ADD COLUMN code TEXT, ADD COLUMN proposal JSONB;
"""
VERSIONS = """
CREATE INDEX ix_issue_fingerprints_project_id_grouping_version
    ON issue_fingerprints (project_id, grouping_version);
"""


def upgrade() -> None:
    op.execute(KINDS)
    op.execute(VERSIONS)


def downgrade() -> None:
    op.execute("DROP INDEX ix_issue_fingerprints_project_id_grouping_version")
    op.execute(
        "ALTER TABLE events DROP COLUMN proposal, DROP COLUMN code, DROP COLUMN kind"
    )
    op.execute("ALTER TABLE issues DROP COLUMN kind")
