"""Back-ups: what a lost disk must not take along - index, registers, log, keys, holds - and held footage, once.

Everything that leaves is encrypted to the recovery key (age), whose private half is not on this box: it writes back-ups
and cannot read them.  Never copies ordinary footage.  A restore brings back no deleted footage and loses no hold.
"""
