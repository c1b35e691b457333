"""The end of a site: everything that was recorded is destroyed, and a signed certificate says so.

docs/policies/004.txt: "terugzenden en/of vernietigen".

Owns the order of the closing.  Deletes footage inside a deletion session only, and never past a hold.
"""

from cctv.ending.closing import Closed, ClosingPlan, close_site, plan_closing
from cctv.ending.errors import CasesOpen, SiteHeld

__all__ = ["CasesOpen", "Closed", "ClosingPlan", "SiteHeld", "close_site", "plan_closing"]
