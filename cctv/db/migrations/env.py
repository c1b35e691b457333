"""Alembic's entry: runs the migrations on the connection that `db.migrate` hands it."""

from alembic import context
from cctv.db.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
