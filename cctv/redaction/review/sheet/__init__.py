"""The review sheet: texts, thumbnails, page, and its content from a case."""
