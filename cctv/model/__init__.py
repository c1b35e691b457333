"""The types that packages exchange.  No I/O."""
