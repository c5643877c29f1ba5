"""Rules of projects, how often they matched, and an example of every issue key."""

from alembic import op

revision = "0005"
down_revision = "0004"

RULES = """
CREATE TABLE project_rules (
    project_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    content TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_project_rules PRIMARY KEY (project_id, version),
    CONSTRAINT fk_project_rules_project_id
        FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE
);

CREATE TABLE rule_hits (
    project_id BIGINT NOT NULL,
    day DATE NOT NULL,
    rule TEXT NOT NULL,
    writer SMALLINT NOT NULL DEFAULT 0,
    events BIGINT NOT NULL,
    CONSTRAINT pk_rule_hits PRIMARY KEY (project_id, day, rule, writer),
    CONSTRAINT fk_rule_hits_project_id
        FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE
) WITH (fillfactor = 70);
"""

# Keys that are there already were carried by nobody yet: they are as old as their own version.
# Examples come compressed; compressing them again would only cost.
EXAMPLES = """
ALTER TABLE issue_fingerprints
    ADD COLUMN carried_version SMALLINT NOT NULL DEFAULT 0,
    ADD COLUMN carried_from TEXT,
    ADD COLUMN rule TEXT,
    ADD COLUMN example BYTEA;
ALTER TABLE issue_fingerprints ALTER COLUMN example SET STORAGE EXTERNAL;
CREATE INDEX ix_issue_fingerprints_carried_version ON issue_fingerprints (carried_version);
"""


def upgrade() -> None:
    op.execute(RULES)
    op.execute(EXAMPLES)


def downgrade() -> None:
    op.execute(
        "ALTER TABLE issue_fingerprints DROP COLUMN example, DROP COLUMN rule,"
        " DROP COLUMN carried_from, DROP COLUMN carried_version"
    )
    op.execute("DROP TABLE rule_hits, project_rules")
