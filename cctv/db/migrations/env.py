"""Alembic's entry: runs the migrations on the connection that `cctv.db.upgrade` hands it."""

from alembic import context

from cctv.db.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
