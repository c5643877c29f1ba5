"""Each holder of a target has a hold of its own."""

from alembic import op

revision = "0029"
down_revision = "0028"

# Until now the reason told who holds: "breaker <name>: <why>", "quarantine <key>", or the memory.
HOLDERS = """
ALTER TABLE work_holds ADD COLUMN holder TEXT;
UPDATE work_holds SET holder = coalesce(
    (SELECT 'breaker ' || breakers.name FROM breakers
     WHERE starts_with(work_holds.reason, 'breaker ' || breakers.name || ': ')
     ORDER BY length(breakers.name) DESC LIMIT 1),
    CASE WHEN starts_with(reason, 'memory ') THEN 'memory' ELSE reason END);
ALTER TABLE work_holds ALTER COLUMN holder SET NOT NULL,
    DROP CONSTRAINT pk_work_holds,
    ADD CONSTRAINT pk_work_holds PRIMARY KEY (target, holder);
"""
# One row a target is left, the one that holds longest.
ONE_EACH = """
DELETE FROM work_holds USING work_holds AS longer
WHERE longer.target = work_holds.target
  AND (longer.until, longer.holder) > (work_holds.until, work_holds.holder);
ALTER TABLE work_holds DROP CONSTRAINT pk_work_holds, DROP COLUMN holder,
    ADD CONSTRAINT pk_work_holds PRIMARY KEY (target);
"""


def upgrade() -> None:
    op.execute(HOLDERS)


def downgrade() -> None:
    op.execute(ONE_EACH)
