"""The archive: footage on disk and in the index.  `disposal` is the only place that deletes footage."""
