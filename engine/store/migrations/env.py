"""Alembic's entry: runs on the connection and in the transaction that `engine.store.schema` hands in."""

from alembic import context

from engine.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
