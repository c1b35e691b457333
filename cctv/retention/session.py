"""The opener of deletion sessions: `cctv.footage.deletion` with the guards of retention.  No other module opens one.

Every deletion of footage is made inside `with deletion_session(site) as session`: sweep, removal, erasure, freeing
space, decommissioning, and the repair that finishes interrupted deletions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from cctv.core.durable import LockHeld
from cctv.core.errors import GuardError
from cctv.db.engine import read_transaction
from cctv.db.storage import Storage
from cctv.footage.deletion import DeletionSession, begin_deletion
from cctv.footage.repair.differences import DifferenceKind
from cctv.footage.repair.reconcile import Reconciled, reconcile
from cctv.retention.guards.storage import check_guards, same_storage


@contextmanager
def deletion_session(
    site: Storage, *, on_refusal: Callable[[GuardError], None] | None = None
) -> Iterator[DeletionSession]:
    """Open a session by the five steps of `cctv.footage.deletion`; nothing is deleted where it raises.

    Raises StorageMissing, MountMissing, DatabaseForeign, LockHeld, the guard that stops deletion, and FileUnreadable
    for a broken hold file.  `on_refusal`, if given, is called with a guard that stops deletion, under the lock; not for
    one of the storage's identity, for the storage to record it in is missing.
    """

    def ask(storage: Storage) -> None:
        try:
            with read_transaction(storage.engine) as connection:
                check_guards(connection, storage)
        except GuardError as guard:
            if on_refusal is not None:
                on_refusal(guard)
            raise

    with begin_deletion(site, prove_storage=same_storage, ask_guards=ask) as session:
        yield session


def reconcile_and_finish(site: Storage, *, accept_loss: bool = False) -> Reconciled:
    """Reconcile, then finish interrupted deletions, which takes a session; raises LockHeld, TooManyFilesMissing.

    A guard that stops deletion, or a sweep under way, leaves those as they are, with its message as the reason.
    """
    reconciled = reconcile(site, accept_loss=accept_loss)
    begun = tuple(difference for difference in reconciled.left if difference.kind is DifferenceKind.DELETION_OPEN)
    if not begun:
        return reconciled
    rest = tuple(difference for difference in reconciled.left if difference.kind is not DifferenceKind.DELETION_OPEN)
    try:
        with deletion_session(site):
            return replace(reconciled, done=(*reconciled.done, *begun), left=rest)
    except (GuardError, LockHeld) as error:
        return replace(reconciled, left=(*rest, *(replace(difference, why=error.message) for difference in begun)))
