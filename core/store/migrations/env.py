"""Alembic's entry point; the connection comes from `core.store.schema`, never from a file."""

from alembic import context

from core.model import Base
from core.store.migrations.compare import is_ours

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=is_ours,
    compare_server_default=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
