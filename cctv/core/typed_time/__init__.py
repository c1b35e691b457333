"""Times and durations as people type them: parse, resolve in the site's time zone."""
