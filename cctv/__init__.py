"""A CCTV retention and subject-access controller for one on-site recorder.

Three promises, kept by the packages below: nothing outlives its limit, nothing held is ever lost, nobody else appears
in what leaves.  docs/invariants.md states them in full; docs/architecture.md says which package is responsible for
what.
"""

from __future__ import annotations

__version__ = "0.1.0"
