"""The resident processes: wiring and signals only."""
