"""Back-ups: what a lost disk must not take along - index, registers, log, keys, holds - and held footage, once.

Everything that leaves is encrypted to the recovery key (age), whose private half is not on this box: it writes back-ups
and cannot read them.  Never copies ordinary footage.  A restore brings back no deleted footage and loses no hold.
"""

from typing import TYPE_CHECKING

from cctv.kernel.lazy import exports

if TYPE_CHECKING:
    from cctv.backup.crypt import make_recovery_key, read_recovery_key
    from cctv.backup.heldcopy import HeldDone, copy_held, plan_held
    from cctv.backup.making import Made, make_backup, plan_backup
    from cctv.backup.memory import Remembered, read_memory
    from cctv.backup.restoring import Restored, plan_restore, restore
    from cctv.backup.returning import Returned, return_held

__getattr__ = exports(
    __name__,
    {
        "crypt": ("make_recovery_key", "read_recovery_key"),
        "heldcopy": ("HeldDone", "copy_held", "plan_held"),
        "making": ("Made", "make_backup", "plan_backup"),
        "memory": ("Remembered", "read_memory"),
        "restoring": ("Restored", "plan_restore", "restore"),
        "returning": ("Returned", "return_held"),
    },
)

__all__ = [
    "HeldDone",
    "Made",
    "Remembered",
    "Restored",
    "Returned",
    "copy_held",
    "make_backup",
    "make_recovery_key",
    "plan_backup",
    "plan_held",
    "plan_restore",
    "read_memory",
    "read_recovery_key",
    "restore",
    "return_held",
]
