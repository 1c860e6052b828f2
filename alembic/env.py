"""Runs migrations on the connection that `portal.migrations` hands over; tables come from `portal.tables`."""

from alembic import context

from portal import tables

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=tables.metadata(), transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
