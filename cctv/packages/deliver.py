"""Handing a package over: onto a medium against a receipt, or as an encrypted ZIP beside a note.

1. copied under a passing name, flushed, verified again   (crash: that file or folder is left, and nothing is recorded)
2. the disclosure and its audit entry, committed
3. renamed; the receipt and the note written beside it

Owns that order.  The passphrase is answered once and never written.  Never hands over a package whose time is over or
that is not whole.

The line by which another desk fetches a package.  Pure, but for the name of this machine.

Never copies anything: whoever types the line needs an account here that may read exports/.
"""

from __future__ import annotations

import logging
import shlex
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from cctv.cases.compliance.grants import require
from cctv.cases.disclosures.disclosures import given_to_subject, handed_over, unclosed
from cctv.cases.disclosures.leases import FOR_SUBJECT, lease_end, taker
from cctv.cases.requests.blocks import require_unblocked
from cctv.cases.requests.lifecycle import find_request
from cctv.core.filesystem import require_disk_space
from cctv.core.i18n import N_
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.model.compliance import Permission
from cctv.model.disclosures import Disclosure, Method, Recipient
from cctv.packages.documents import note_text, receipt_page
from cctv.packages.encrypted_zip import new_passphrase, write_zip
from cctv.packages.errors import DisclosureUnapproved, PackageOver, RecipientTyped, TargetUnfit
from cctv.packages.manifest import AnyManifest
from cctv.packages.queries import PackageRow, find_package
from cctv.packages.verify import verify_package

log = logging.getLogger(__name__)

_PASSING = ".{name}.part"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What was made, and the disclosure that says so; in a dry run there is no disclosure and no file."""

    package: PackageRow
    manifest: AnyManifest
    disclosure: Disclosure | None
    files: tuple[Path, ...]
    passphrase: str | None = None


def deliver(
    site: Storage,
    package_id: str,
    to: Path,
    method: Method,
    recipient: Recipient | None = None,
    *,
    dry_run: bool = False,
) -> Delivered:
    """Make the carrier of a package in the folder `to`, and record that it was handed over.

    Raises ExportUnknown, TargetUnfit, RecipientTyped (2); NotGranted, FootageBlocked, PackageOver (12);
    PackageMismatch (15), RoomMissing (16).
    """
    with read_transaction(site.engine) as connection:
        package = find_package(connection, package_id.strip().upper())
    require(site, Permission.EXPORT if package.disclosure is None else Permission.EXPORT_UNREDACTED)
    if package.deleted is not None or package.expires <= site.clock.now():
        raise PackageOver(id=package.id, when=package.expires.astimezone(site.settings.site.timezone).date())
    _check_recipient(package, recipient)
    source = site.root / package.path
    checked = verify_package(source)
    target = _target(site, to, package, method)
    if dry_run:
        return Delivered(package, checked.manifest, None, (target,))
    passphrase = new_passphrase() if method is Method.ZIP else None
    passing = to / _PASSING.format(name=target.name)
    with require_disk_space(to, checked.size_bytes):
        try:
            _carry(site, source, passing, passphrase)
            disclosure = _enter(site, package, method, recipient)
        except BaseException:
            _remove(passing)
            raise
        site.disk.rename(passing, target)
        log.info("package.delivered", extra={"package": package.id, "case": package.case_id, "method": method})
        paper = _papers(site, to, checked.manifest, disclosure, target)
    return Delivered(package, checked.manifest, disclosure, (target, paper), passphrase)


def _check_recipient(package: PackageRow, recipient: Recipient | None) -> None:
    """A request's package goes to the subject, their proxy or their nominee; an authority's recipient is known."""
    fit = {None, Recipient.SUBJECT, *FOR_SUBJECT} if package.disclosure is None else {None}
    if recipient not in fit:
        assert recipient is not None
        raise RecipientTyped(id=package.id, recipient=recipient.value, case=package.case_id)


def _target(site: Storage, to: Path, package: PackageRow, method: Method) -> Path:
    if not to.is_dir():
        raise TargetUnfit(path=to, problem=N_("it is not a folder"), following=N_("make it, or plug the medium in."))
    if to.resolve().is_relative_to(site.root.resolve()):
        raise TargetUnfit(
            path=to,
            problem=N_("it lies inside the storage"),
            following=N_("give a folder on the medium that is handed over."),
        )
    target = to / (f"{package.id}.zip" if method is Method.ZIP else package.id)
    if target.exists():
        raise TargetUnfit(
            path=target, problem=N_("it is there already"), following=N_("remove it, or give another folder.")
        )
    return target


def _carry(site: Storage, source: Path, passing: Path, passphrase: str | None) -> None:
    _remove(passing)
    if passphrase is not None:
        write_zip(source, passing, passphrase, site.clock.now(), site.disk)
        return
    shutil.copytree(source, passing, copy_function=shutil.copyfile)
    for path in passing.iterdir():
        site.disk.sync_file(path)
    site.disk.sync_directory(passing)
    verify_package(passing)


def _enter(site: Storage, package: PackageRow, method: Method, recipient: Recipient | None) -> Disclosure:
    with write_transaction(site.engine) as connection:
        if package.disclosure is not None:
            one = unclosed(connection, site, package.disclosure)
            if one.approved is None or one.package != package.id:
                raise DisclosureUnapproved(id=one.id)
            require_unblocked(connection, site, one.id, one.cameras, one.span)
            return handed_over(connection, site, one, method)
        assert package.request is not None
        request = find_request(connection, package.request)
        require_unblocked(connection, site, request.id, request.cameras, request.span)
        scope = (request.cameras, request.span)
        takes = recipient or taker(request)
        until = lease_end(takes, site.clock.now(), site.settings.site.timezone, request.type)
        return given_to_subject(connection, site, package.id, request.id, scope, takes, method, until)


def _papers(site: Storage, to: Path, manifest: AnyManifest, disclosure: Disclosure, target: Path) -> Path:
    assert disclosure.handed is not None
    zone = site.settings.site.timezone
    if disclosure.handed.method is Method.ZIP:
        path = to / f"{manifest.package}.txt"
        site.disk.write(path, note_text(manifest, target.name).encode())
    else:
        path = to / f"{disclosure.id}.html"
        site.disk.write(path, receipt_page(manifest, disclosure, zone).encode())
    return path


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class FetchLines:
    """What to type at the other desk: copy, then check."""

    copy: str
    verify: str
    stock: str


def fetch_lines(account: str, host: str, path: Path, fingerprint: str) -> FetchLines:
    """The lines for a package at an absolute path; quoted for a shell, whatever the path holds.

    `scp` speaks SFTP (OpenSSH 9 and later): its path is taken as it is, by no shell on this side.
    """
    name = shlex.quote(path.name)
    return FetchLines(
        copy=f"scp -pr {shlex.quote(f'{account}@{host}:{path}')} .",
        verify=f"cctv export verify {name}",
        stock=f"cd {name} && ssh-keygen -Y verify -f allowed_signers -I cctv -n cctv-package -s manifest.json.sig"
        f" < manifest.json && sha256sum -c SHA256SUMS   # {fingerprint}",
    )


def host_name() -> str:
    """The name by which this machine is known in its network; `localhost` would be the other desk itself."""
    name = socket.getfqdn()
    return socket.gethostname() if name.startswith("localhost") else name
