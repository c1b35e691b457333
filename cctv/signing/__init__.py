"""Signing: the site's key, and signatures that stock `ssh-keygen -Y verify` accepts."""

from cctv.signing.keys import PublicKey, SigningKey, read_public_key, signing_key
from cctv.signing.sshsig import NAMESPACE, SignatureInvalid, sign, verify

__all__ = [
    "NAMESPACE",
    "PublicKey",
    "SignatureInvalid",
    "SigningKey",
    "read_public_key",
    "sign",
    "signing_key",
    "verify",
]
