"""Disclosures: unredacted footage for an authority or another third party, and copies on loan."""
