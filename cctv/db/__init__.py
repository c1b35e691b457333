"""The index: SQLite, its schema and migrations, and the identity of the storage that it belongs to."""
