"""Back-ups: what a lost disk must not take along - index, registers, log, keys, holds - and held footage, once.

Everything that leaves is encrypted to the recovery key (age), whose private half is not on this machine: it writes
back-ups and cannot read them.  Never copies footage that no hold covers.  A restore brings back no deleted footage and
loses no hold.
"""
