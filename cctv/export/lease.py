"""How long a package stays with us: "maximaal één maand" (docs/policies/001.txt).

Pure.  Never longer than either rule.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta

LONGEST = timedelta(days=30)


def lease_end(built: datetime) -> datetime:
    """30 days after it was built, or the same day of the next month where that comes first (February)."""
    year, month = (built.year + 1, 1) if built.month == 12 else (built.year, built.month + 1)
    next_month = built.replace(year=year, month=month, day=min(built.day, monthrange(year, month)[1]))
    return min(built + LONGEST, next_month)
