"""The certificate's files: written, signed, and checked again on any machine, offline.

`certificate.json` is what counts; `certificate.html` is the same to print.  Each has a signature beside it that stock
`ssh-keygen -Y verify` accepts, with `allowed_signers` and the public key.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry
from cctv.core.durable import beside
from cctv.core.errors import CctvError, Exit, UsageError
from cctv.core.medium import on_medium
from cctv.core.text import parse_json
from cctv.crypto.signing_key import SigningKey, read_public_key
from cctv.crypto.sshsig import sign, verify
from cctv.db.engine import write_transaction
from cctv.db.storage import Storage
from cctv.model.audit import Act
from cctv.retention.certificate.certificate import Certificate
from cctv.retention.certificate.page import page_of

JSON, PAGE, KEY, SIGNERS = "certificate.json", "certificate.html", "signing.pub", "allowed_signers"
NAMESPACE = "cctv-certificate"
_MAX_BYTES = 64 << 20


class CertificateExists(UsageError):
    """{path} exists already; nothing was written.

    next: name another folder with --out.
    """


class CertificateUnreadable(CctvError):
    """{path} is no certificate that can be checked: {problem}.

    next: give certificate.json, certificate.html or their folder, with the .sig files beside them.
    """

    exit_code = Exit.UNREADABLE


@dataclass(frozen=True, slots=True)
class CheckedCertificate:
    """A certificate whose signatures are valid; `trusted`: the key did not come from the certificate's own folder."""

    said: dict[str, Any]
    fingerprint: str
    trusted: bool


def issue(site: Storage, certificate: Certificate, key: SigningKey, folder: Path) -> None:
    """Write and sign; the audit entry commits after the files are written.  Raises CertificateExists."""
    if site.disk.exists(folder):
        raise CertificateExists(path=folder)
    text = certificate.text.encode()
    sha256 = hashlib.sha256(text).hexdigest()
    settings = site.settings.site
    page = page_of(certificate.said, settings.language, settings.timezone, sha256).encode()
    signers = f'cctv namespaces="{NAMESPACE}" {key.public.line}\n'
    facts: AuditFacts = {"from": certificate.said["from"], "to": certificate.said["to"], "sha256": sha256}
    site.disk.make_directory(folder.parent)
    with on_medium(folder), site.disk.workshop(folder.parent) as room:
        made = room / folder.name
        partial = beside(made)
        try:
            partial.mkdir()
            for name, data in ((JSON, text), (PAGE, page)):
                site.disk.write(partial / name, data)
                site.disk.write(partial / f"{name}.sig", sign(data, key, NAMESPACE).encode())
            site.disk.write(partial / KEY, f"{key.public.line}\n".encode())
            site.disk.write(partial / SIGNERS, signers.encode())
            site.disk.hand_out(partial, folder)
            with write_transaction(site.engine) as connection:
                append_entry(connection, site, Act.CERTIFICATE_MADE, "certificate", facts=facts)
                site.disk.rename(partial, made)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        site.disk.publish()


def check(path: Path, key: Path | None = None) -> CheckedCertificate:
    """Check a certificate's files; raises CertificateUnreadable, KeyUnreadable, SignatureInvalid."""
    folder = path if path.is_dir() else path.parent
    names = [JSON, *([PAGE] if (folder / PAGE).exists() else [])] if path.is_dir() else [path.name]
    public = read_public_key(key if key is not None else folder / KEY)
    for name in names:
        verify(_bytes(folder / name), _bytes(folder / f"{name}.sig").decode("ascii", "replace"), public, NAMESPACE)
    try:
        contents = parse_json(_bytes(folder / JSON)) if JSON in names else {}
    except ValueError as error:
        raise CertificateUnreadable(path=path, problem=str(error)) from error
    return CheckedCertificate(contents, public.fingerprint, key is not None)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise CertificateUnreadable(path=path, problem="it is too large to be one")
        return path.read_bytes()
    except OSError as error:
        raise CertificateUnreadable(path=path, problem=error.strerror or "unreadable") from error
