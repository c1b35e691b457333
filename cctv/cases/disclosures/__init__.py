"""Handing unredacted footage to an authority or a nominee, recorded."""
