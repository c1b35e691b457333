"""Compare index and disk, and repair either from the other."""
