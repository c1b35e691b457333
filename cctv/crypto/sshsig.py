"""SSHSIG: detached signatures in OpenSSH's format (PROTOCOL.sshsig), made and checked without ssh-keygen.

Pure.  Every signature is bound to the namespace, so that none made here passes for a login or a
commit, and none made elsewhere with the same key passes for a package.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import textwrap

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cctv.core.errors import CctvError, Exit
from cctv.core.i18n import N_
from cctv.crypto.signing_key import ALGORITHM, PublicKey, SigningKey, WireError, pack, public_key_of, unpack

NAMESPACE = "cctv-package"
SIGNER = "cctv"  # the name under which allowed_signers lists the key (`ssh-keygen -Y verify -I`)

_MAGIC = b"SSHSIG"
_VERSION = (1).to_bytes(4, "big")
_HASHES = {b"sha512": hashlib.sha512, b"sha256": hashlib.sha256}
_HEAD, _FOOT = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"


class SignatureInvalid(CctvError):
    """The signature does not hold: {problem}.

    next: do not use it; ask whoever sent it for a fresh copy, and compare the fingerprint of their key by telephone.
    """

    exit_code = Exit.UNREADABLE


def sign(data: bytes, key: SigningKey, namespace: str = NAMESPACE) -> str:
    """The armoured signature of some bytes, as a .sig file holds it."""
    signature = key.private.sign(_signed(data, namespace.encode(), b"sha512"))
    fields = pack(key.public.blob, namespace.encode(), b"", b"sha512", pack(ALGORITHM, signature))
    armour = base64.b64encode(_MAGIC + _VERSION + fields).decode()
    return "\n".join([_HEAD, *textwrap.wrap(armour, 70), _FOOT]) + "\n"


def verify(data: bytes, armoured: str, key: PublicKey, namespace: str = NAMESPACE) -> None:
    """Check that `key` signed these bytes; raises SignatureInvalid."""
    try:
        signer, signed_namespace, hash_name, signature = _read(armoured)
    except (WireError, binascii.Error) as error:
        raise SignatureInvalid(problem=N_("it cannot be read ({error})", error=error)) from error
    if signer != key:
        problem = N_(
            "it was made with the key {fingerprint}, not with {wanted}",
            fingerprint=signer.fingerprint,
            wanted=key.fingerprint,
        )
        raise SignatureInvalid(problem=problem)
    if signed_namespace != namespace.encode():
        raise SignatureInvalid(problem=N_("it was made for another purpose than {namespace}", namespace=namespace))
    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(signature, _signed(data, signed_namespace, hash_name))
    except InvalidSignature as error:
        raise SignatureInvalid(problem=N_("the signed text was changed after it was signed")) from error


def allowed_signers(key: PublicKey) -> str:
    """The file that `ssh-keygen -Y verify -f` needs; it lets the key sign packages and nothing else."""
    return f'{SIGNER} namespaces="{NAMESPACE}" {key.line}\n'


def _signed(data: bytes, namespace: bytes, hash_name: bytes) -> bytes:
    return _MAGIC + pack(namespace, b"", hash_name, _HASHES[hash_name](data).digest())


def _read(armoured: str) -> tuple[PublicKey, bytes, bytes, bytes]:
    """Key, namespace, hash and raw signature; raises WireError, binascii.Error."""
    lines = [line.strip() for line in armoured.strip().splitlines()]
    if len(lines) < 3 or lines[0] != _HEAD or lines[-1] != _FOOT:
        raise WireError("it is not an SSH signature")
    try:
        data = base64.b64decode("".join(lines[1:-1]), validate=True)
    except ValueError as error:
        raise WireError(str(error)) from error
    prologue = _MAGIC + _VERSION
    if not data.startswith(prologue):
        raise WireError("it is of an unknown version")
    blob, namespace, reserved, hash_name, wrapped = unpack(data[len(prologue) :], 5)
    algorithm, signature = unpack(wrapped, 2)
    if algorithm != ALGORITHM or hash_name not in _HASHES or reserved:
        raise WireError("it uses an unknown algorithm")
    return public_key_of(blob), namespace, hash_name, signature
