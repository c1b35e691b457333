"""Whether the product finds a change: `audit verify`, `footage verify`, `footage reconcile`, all in this process."""

from __future__ import annotations

from collections.abc import Iterator

from cctv.audit.checkpoint_files import all_checkpoints
from cctv.core.errors import CctvError
from cctv.crypto.signing_key import read_public_key
from cctv.db.storage import Storage
from cctv.footage.repair.compare import disk_and_index
from cctv.footage.repair.storage_proof import prove_storage
from cctv.footage.repair.verify import verify_footage
from tampering.stage import Stage

VERIFY, HASHES, COMPARE, CRASH = "audit verify", "footage verify", "footage reconcile", "a traceback"


def found(stage: Stage) -> Iterator[tuple[str, str]]:
    """What each of the three says is wrong: the command, and the message; nothing where all is well."""
    try:
        site = stage.open()
    except CctvError as error:
        yield VERIFY, error.message
        return
    except Exception as error:  # noqa: BLE001
        yield CRASH, f"open: {type(error).__name__}: {str(error)[:200]}"
        return
    for name, look in ((VERIFY, _proved), (HASHES, _hashed), (COMPARE, _compared)):
        try:
            yield from ((name, text) for text in look(stage, site))
        except CctvError as error:
            yield name, error.message
        except Exception as error:  # noqa: BLE001 - whatever it is, a person would read a traceback
            yield CRASH, f"{name}: {type(error).__name__}: {str(error)[:200]}"


def _proved(stage: Stage, site: Storage) -> list[str]:
    public = site.root / "keys" / "signing.pub"
    key = read_public_key(public) if public.exists() else None
    proof = prove_storage(site, all_checkpoints(site.root), key, kept=stage.kept)
    texts = [f"{finding.name}: {finding.why}" for finding in proof.findings]
    return texts + (["there is no checkpoint"] if proof.lacks_checkpoints else [])


def _hashed(_: Stage, site: Storage) -> list[str]:
    return [f"{damage.segment.path}: {damage.problem.value}" for damage in verify_footage(site, sample=None).damaged]


def _compared(_: Stage, site: Storage) -> list[str]:
    return [f"{one.path}: {one.kind.value}: {one.why}" for one in disk_and_index(site).differences]
