"""Handing a package over: onto a medium against a receipt, as an encrypted ZIP beside a note, or to another desk.

1. copied under a temporary name, flushed, verified again   (crash: that file or folder is left; nothing is recorded)
2. the receipt or the note beside it, likewise
3. the disclosure and its audit entry, committed                (crash: what was copied is left without its name)
4. all renamed

Responsible for that order, for the lines by which another desk fetches a package, and for the list of copies that
passed a workstation.  The passphrase is returned once and never written.  Never hands over a package that has expired
or is not intact; never copies anything to another machine itself.
"""

from __future__ import annotations

import logging
import os
import shlex
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from cctv.access.second_factor import require_code
from cctv.audit.chain import AuditFacts
from cctv.audit.log import append_entry, entries_since
from cctv.cases.compliance.grants import require
from cctv.cases.compliance.processors import checked_country
from cctv.cases.disclosures.disclosures import given_to_subject, handed_over, require_approved, unclosed
from cctv.cases.disclosures.leases import FOR_SUBJECT, lease_end, taker
from cctv.cases.errors.compliance import CountryUnreadable, OutsideArea
from cctv.cases.errors.disclosures import DisclosureNeedsSecond, DisclosureUnapproved, ViewedAlready, ViewedLater
from cctv.cases.errors.requests import CopyNotReady, FootageBlocked
from cctv.cases.requests.blocks import require_unblocked
from cctv.cases.requests.lifecycle import find_request
from cctv.cases.requests.needs import scope_of
from cctv.cases.requests.questions import require_ready
from cctv.config.schema import SecondFactorUse
from cctv.core.access import owner_of
from cctv.core.clock import months_after, start_of_day
from cctv.core.disks import volume_of
from cctv.core.durable import beside, leftovers
from cctv.core.filesystem import require_disk_space
from cctv.core.i18n import N_
from cctv.core.medium import FILE_LIMIT_BYTES, FileTooLarge, on_medium
from cctv.crypto.signing_key import read_public_key
from cctv.db.engine import read_transaction, write_transaction
from cctv.db.storage import Storage
from cctv.footage.layout import inside
from cctv.letters.facts import Addressee
from cctv.letters.letter import Letter
from cctv.letters.notices import Lent, WorkstationCheckLetter
from cctv.letters.sender import sender_of
from cctv.model.audit import Act
from cctv.model.cases import AccessRequest
from cctv.model.compliance import Permission
from cctv.model.disclosures import Delivery, Disclosure, Method, Recipient
from cctv.model.ids import IdKind, id_in, id_kind, typed_id
from cctv.model.requests import RequesterRole
from cctv.packages.documents import note_text, receipt_page
from cctv.packages.encrypted_zip import new_passphrase, volume_path, write_zip
from cctv.packages.errors import (
    NO_ID,
    DeliveryOvertaken,
    ExportUnknown,
    PackageOutdated,
    PackageOver,
    RecipientAbsent,
    RecipientTyped,
    TargetUnfit,
    refusals_logged,
)
from cctv.packages.folder import package_folder, require_current
from cctv.packages.manifest import PUBLIC_KEY, AnyManifest
from cctv.packages.queries import PackageRow, find_package
from cctv.packages.verify import VerificationResult, verify_package

log = logging.getLogger(__name__)

_REFUSALS = (
    CopyNotReady,
    CountryUnreadable,
    DisclosureNeedsSecond,
    DisclosureUnapproved,
    OutsideArea,
    ViewedAlready,
    FootageBlocked,
    RecipientAbsent,
    PackageOutdated,
)
_FAT = frozenset({"vfat", "msdos"})
_ROLES = {Recipient.NOMINEE: RequesterRole.NOMINEE, Recipient.PROXY: RequesterRole.PROXY}


@dataclass(frozen=True, slots=True)
class Delivered:
    """A package that was handed over; in a dry run `disclosure` is None, and `files` holds the target to be written."""

    package: PackageRow
    manifest: AnyManifest
    disclosure: Disclosure | None
    files: tuple[Path, ...]
    passphrase: str | None = None


@dataclass(frozen=True, slots=True)
class FetchLines:
    """What to type at the other desk: copy, then check."""

    copy: str
    verify: str
    stock: str


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

    Raises ExportUnknown, TargetUnfit, RecipientTyped (2); NotGranted, FootageBlocked, PackageOver (12); CopyNotReady,
    RecipientAbsent, PackageOutdated, DisclosureUnapproved, DisclosureNeedsSecond (13); PackageMismatch (15),
    RoomMissing, MediumFull,
    FileTooLarge (16), MediumReadOnly (12), MediumGone (15).
    """
    package = _deliverable(site, package_id, dry_run=dry_run)
    _check_recipient(package, recipient)
    _require_leaving(site, package, recipient)
    verified = verify_package(package_folder(site, package))
    target = _target(site, to, package, method)
    if dry_run:
        return Delivered(package, verified.manifest, None, (target,))
    with site.disk.workshop(to) as room:
        return _carry(site, package, method, recipient, verified, to, room / target.name)


def _carry(
    site: Storage,
    package: PackageRow,
    method: Method,
    recipient: Recipient | None,
    verified: VerificationResult,
    to: Path,
    target: Path,
) -> Delivered:
    """Make the carrier as `target` in a workshop for the folder `to`, bring it there, enter it, and name it."""
    source, room = package_folder(site, package), target.parent
    passphrase = new_passphrase() if method is Method.ZIP else None
    written: dict[Path, Path] = {}
    with on_medium(to), require_disk_space(room, verified.size_bytes):
        try:
            for left in list(_begun(target)):
                _remove(left)
            _require_size(room, source)
            _make_carrier(site, source, target, passphrase, written)
            for path, partial in written.items():
                site.disk.hand_out(partial, to / path.name)
            names = [target.name] if target in written else [path.name for path in written]
            planned = _enter_disclosure(site, package, method, recipient, dry_run=True)
            path, partial = _write_document(site, room, verified.manifest, planned, names, written)
            site.disk.hand_out(partial, to / path.name)
            disclosure = _enter_disclosure(site, package, method, recipient, expected=planned.id)
        except BaseException:
            with suppress(OSError):  # a medium that is gone keeps what was begun, under no name of a package
                for partial in written.values():
                    _remove(partial)
            raise
        for path, partial in written.items():
            if path.exists():  # the note of an earlier time
                site.disk.unlink(path)
            site.disk.rename(partial, path)
        site.disk.publish()
        log.info("package.delivered", extra={"package": package.id, "case": package.case_id, "method": method})
    return Delivered(package, verified.manifest, disclosure, tuple(to / path.name for path in written), passphrase)


def fetch(site: Storage, package_id: str, *, dry_run: bool = False) -> FetchLines:
    """The lines by which another desk copies a package; the audit log records the request.

    Raises ExportUnknown (2), NotGranted, FootageBlocked, PackageOver (12); CopyNotReady, PackageOutdated,
    DisclosureUnapproved, DisclosureNeedsSecond (13); PackageMismatch (15).
    """
    package = _deliverable(site, package_id, dry_run=dry_run)
    _require_leaving(site, package)
    path = inside(site.root.resolve(), package.path, N_("package {id}", id=package.id))
    key = read_public_key(path / PUBLIC_KEY)
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        facts: AuditFacts = {"manifest": package.manifest_sha256}
        append_entry(connection, site, Act.EXPORT_FETCHED, package.id, case_id=package.case_id, facts=facts)
    owns = owner_of(site.root) == site.actor.account
    return fetch_lines(site.actor.account, host_name(), path, key.fingerprint, through_home=not owns)


def show_on_site(
    site: Storage,
    case_id: str,
    recipient: Recipient | None = None,
    at: datetime | None = None,
    *,
    dry_run: bool = False,
) -> Disclosure:
    """Enter that footage was shown on a screen of the site, to the recipient of a disclosure or for a request.

    What a package needs to leave is needed here as well.  Raises DisclosureUnknown, DisclosureClosed, ViewedAlready,
    ViewedLater, RequestUnknown, RecipientTyped (2); NotGranted, FootageBlocked, OutsideArea (12); CopyNotReady,
    RecipientAbsent, DisclosureUnapproved, DisclosureNeedsSecond (13).
    """
    case_id, zone = typed_id(case_id), site.settings.site.timezone
    if at is not None and at > site.clock.now():
        raise ViewedLater(when=N_("on {at:%d/%m/%Y} at {at:%H:%M}", at=at.astimezone(zone)))
    of_request = id_kind(case_id) is IdKind.REQUEST
    require(site, Permission.VIEW if of_request else Permission.EXPORT_UNREDACTED)
    require_code(site, SecondFactorUse.VIEW if of_request else SecondFactorUse.DISCLOSURE, dry_run=dry_run)
    if recipient is not None and not of_request:
        raise RecipientTyped(id=case_id, recipient=recipient.value, case=case_id)
    logged = refusals_logged(site, case_id, case_id, _REFUSALS)
    with logged, write_transaction(site.engine, dry_run=dry_run) as connection:
        if not of_request:
            disclosure = _disclosure_leaving(connection, site, case_id)
            return handed_over(connection, site, disclosure, Method.ON_SITE, at)
        request = _request_leaving(connection, site, case_id, case_id, recipient)
        scope, to = (request.cameras, scope_of(request)), recipient or taker(request)
        return given_to_subject(connection, site, None, request.id, scope, to, Method.ON_SITE, None, at)


def fetch_lines(account: str, host: str, path: Path, fingerprint: str, *, through_home: bool = False) -> FetchLines:
    """The lines for a package at an absolute path; quoted for a shell, whatever the path holds.

    `scp` speaks SFTP (OpenSSH 9 and later): its path is taken as it is, by no shell on this side.  Only the owner of a
    storage reads in it.  With `through_home` the account has the package handed to its home folder first, by the
    service; a terminal (`-t`) is for a code of the second factor.
    """
    name, login = shlex.quote(path.name), shlex.quote(f"{account}@{host}")
    copy = f"scp -pr {shlex.quote(f'{account}@{host}:{path}')} ."
    if through_home:
        handed = f"cctv export deliver {path.name} --method hand --to ."
        copy = f"ssh -t {login} {shlex.quote(handed)} && scp -pr {shlex.quote(f'{account}@{host}:{path.name}')} ."
    return FetchLines(
        copy=copy,
        verify=f"cctv export verify {name}",
        stock=f"cd {name} && ssh-keygen -Y verify -f allowed_signers -I cctv -n cctv-package -s manifest.json.sig"
        f" < manifest.json && sha256sum -c SHA256SUMS   # {fingerprint}",
    )


def host_name() -> str:
    """The name by which this machine is known in its network; `localhost` would be the other desk itself."""
    name = socket.getfqdn()
    return socket.gethostname() if name.startswith("localhost") else name


def workstation_letter(site: Storage) -> Letter:
    """The form of the monthly check of workstations (docs/policies/001.txt), with the copies of the last month.

    Raises SenderUnknown.
    """
    zone, now = site.settings.site.timezone, site.clock.now()
    today = now.astimezone(zone).date()
    with read_transaction(site.engine) as connection:
        lent = lent_since(connection, start_of_day(months_after(today, -1), zone), zone)
    sender = sender_of(site.settings)
    addressee = Addressee(sender.signatory, sender.address)
    facts = WorkstationCheckLetter(today, lent)
    return Letter(site.settings.site.language, f"{today:%Y-%m}", today, sender, addressee, facts)


def lent_since(connection: Connection, at: datetime, zone: ZoneInfo) -> tuple[Lent, ...]:
    """The copies that passed a workstation since an instant, each once per account and day.

    A copy passes a workstation when it is fetched there, or leaves as a ZIP that a member of staff forwards; both are
    in the audit log, and the account identifies the workstation.
    """
    copies: dict[Lent, None] = {}
    for entry in entries_since(connection, at):
        if entry.act is Act.EXPORT_FETCHED:
            package_id, delivery = entry.subject, Delivery.DOWNLOAD
        elif entry.act is Act.DISCLOSURE_HANDED and entry.facts.get("method") == Method.ZIP.value:
            package_id, delivery = str(entry.facts["package"]), Delivery.ENCRYPTED_MAIL
        else:
            continue
        package = find_package(connection, package_id)
        day, gone_by = entry.at.astimezone(zone).date(), package.expires.astimezone(zone).date()
        copies[Lent(package.id, entry.actor.account, day, delivery, gone_by)] = None
    return tuple(copies)


def _deliverable(site: Storage, package_id: str, *, dry_run: bool) -> PackageRow:
    """A package that may be handed over now; raises ExportUnknown, NotGranted, PackageOver, and logs each."""
    typed = id_in(package_id)
    with refusals_logged(site, typed or NO_ID, typed, (ExportUnknown,)), read_transaction(site.engine) as connection:
        package = find_package(connection, typed_id(package_id))
    require(site, Permission.EXPORT if package.disclosure is None else Permission.EXPORT_UNREDACTED)
    if package.deleted is not None or package.expires <= site.clock.now():
        with refusals_logged(site, package.id, package.case_id, (PackageOver,)):
            raise PackageOver(id=package.id, when=package.expires.astimezone(site.settings.site.timezone).date())
    use = SecondFactorUse.EXPORT if package.disclosure is None else SecondFactorUse.DISCLOSURE
    require_code(site, use, dry_run=dry_run)
    return package


def _check_recipient(package: PackageRow, recipient: Recipient | None) -> None:
    """A request's package goes to the subject, their proxy or their nominee; an authority's recipient is known."""
    allowed = {None, Recipient.SUBJECT, *FOR_SUBJECT} if package.disclosure is None else {None}
    if recipient not in allowed:
        assert recipient is not None
        raise RecipientTyped(id=package.id, recipient=recipient.value, case=package.case_id)


def _require_leaving(site: Storage, package: PackageRow, recipient: Recipient | None = None) -> None:
    """Refuse, and log it, while the case of a package does not let it out to this recipient."""
    with refusals_logged(site, package.id, package.case_id, _REFUSALS), read_transaction(site.engine) as connection:
        _leaving(connection, site, package, recipient)


def _leaving(
    connection: Connection, site: Storage, package: PackageRow, recipient: Recipient | None
) -> AccessRequest | Disclosure:
    """The case of a package that may leave now.

    Raises FootageBlocked; of a request CopyNotReady, RecipientAbsent, PackageOutdated; of a disclosure
    DisclosureClosed, DisclosureUnapproved, DisclosureNeedsSecond.
    """
    if package.disclosure is not None:
        disclosure = _disclosure_leaving(connection, site, package.disclosure)
        if disclosure.package != package.id:
            raise DisclosureUnapproved(id=disclosure.id)
        return disclosure
    assert package.request is not None
    request = _request_leaving(connection, site, package.request, package.id, recipient)
    require_current(site, package, request)
    return request


def _disclosure_leaving(connection: Connection, site: Storage, disclosure_id: str) -> Disclosure:
    disclosure = unclosed(connection, site, disclosure_id)
    require_approved(connection, site, disclosure)
    require_unblocked(connection, site, disclosure.id, disclosure.cameras, disclosure.span)
    return disclosure


def _request_leaving(
    connection: Connection, site: Storage, request_id: str, subject: str, recipient: Recipient | None
) -> AccessRequest:
    """A request whose footage may go to this recipient now, or to the one whom it names."""
    request = find_request(connection, request_id)
    role = _ROLES.get(recipient) if recipient else None
    if role is not None and request.party(role) is None:
        raise RecipientAbsent(id=subject, recipient=recipient, case=request.id, role=role.value)
    require_ready(connection, site, request)
    nominee = request.party(RequesterRole.NOMINEE)
    if nominee is not None and (recipient or taker(request)) is Recipient.NOMINEE:
        following = N_("give it to the person concerned: --recipient subject")
        checked_country(N_("The nominee"), nominee.country or "", site.settings.policy.area, following)
    require_unblocked(connection, site, request.id, request.cameras, scope_of(request))
    return request


def _target(site: Storage, to: Path, package: PackageRow, method: Method) -> Path:
    if not site.disk.is_folder(to):
        raise TargetUnfit(path=to, problem=N_("it is not a folder"), following=N_("make it, or plug the medium in."))
    if site.disk.resolved(to).is_relative_to(site.root.resolve()):
        raise TargetUnfit(
            path=to,
            problem=N_("it lies inside the storage"),
            following=N_("give a folder on the medium that is handed over."),
        )
    target = to / (f"{package.id}.zip" if method is Method.ZIP else package.id)
    taken = next((path for path in (target, volume_path(target, 1)) if site.disk.exists(path)), None)
    if taken is not None:
        raise TargetUnfit(
            path=taken, problem=N_("it is there already"), following=N_("remove it, or give another folder.")
        )
    return target


def _begun(target: Path) -> Iterator[Path]:
    """What an interrupted delivery left under temporary names: of the whole, of its parts from the first on."""
    yield from leftovers(target, seconds=0)
    for number in count(1):
        parts = leftovers(volume_path(target, number), seconds=0)
        if not parts:
            return
        yield from parts


def _require_size(to: Path, source: Path) -> None:
    """Raise FileTooLarge before hours of copying where FAT will not take a video."""
    largest = max(source.iterdir(), key=lambda path: path.stat().st_size)
    if largest.stat().st_size > FILE_LIMIT_BYTES and volume_of(to).file_system in _FAT:
        raise FileTooLarge(path=to / largest.name)


def _make_carrier(site: Storage, source: Path, target: Path, passphrase: str | None, written: dict[Path, Path]) -> None:
    """Write what is handed over under temporary names; `written` gets each name that it is to have, and that one."""
    if passphrase is not None:
        write_zip(source, target, passphrase, site.clock.now(), site.disk, written)
        return
    partial = written[target] = beside(target)
    partial.mkdir()  # not copytree: it gives the copy the mode of the source, whatever the umask
    for path in sorted(source.iterdir()):
        shutil.copyfile(path, partial / path.name)
        site.disk.sync_file(partial / path.name)
    site.disk.sync_directory(partial)
    verify_package(partial)


def _enter_disclosure(
    site: Storage,
    package: PackageRow,
    method: Method,
    recipient: Recipient | None,
    *,
    dry_run: bool = False,
    expected: str | None = None,
) -> Disclosure:
    """Enter the disclosure; a dry run tells what it will be, of which the receipt is written first.

    So a full medium, or a caller who is gone, leaves no entry; and nobody is waited for while the index is locked.
    Raises DeliveryOvertaken where it has another id than `expected`.
    """
    with write_transaction(site.engine, dry_run=dry_run) as connection:
        case = _leaving(connection, site, package, recipient)
        if isinstance(case, Disclosure):
            disclosure = handed_over(connection, site, case, method)
        else:
            kind = recipient or taker(case)
            lease = lease_end(kind, site.clock.now(), site.settings.site.timezone, case.type)
            scope = case.cameras, scope_of(case)
            disclosure = given_to_subject(connection, site, package.id, case.id, scope, kind, method, lease)
        if expected not in (None, disclosure.id):
            raise DeliveryOvertaken(package=package.id)
        return disclosure


def _write_document(
    site: Storage,
    room: Path,
    manifest: AnyManifest,
    disclosure: Disclosure,
    carrier: Sequence[str],
    written: dict[Path, Path],
) -> tuple[Path, Path]:
    """Write the receipt or the note, flushed, under a temporary name; its name and that one."""
    path, text = _document(site, room, manifest, disclosure, carrier)
    partial = written[path] = beside(path)
    descriptor = site.disk.create(partial)
    try:
        site.disk.append(descriptor, 0, [text.encode()])
        site.disk.sync(descriptor)
    finally:
        os.close(descriptor)
    return path, partial


def _document(
    site: Storage, to: Path, manifest: AnyManifest, disclosure: Disclosure, carrier: Sequence[str]
) -> tuple[Path, str]:
    """Where the note beside a ZIP, or the receipt, stands, and its text."""
    assert disclosure.handed is not None
    if disclosure.handed.method is Method.ZIP:
        return to / f"{manifest.package}.txt", note_text(manifest, carrier)
    return to / f"{disclosure.id}.html", receipt_page(manifest, disclosure, site.settings.site.timezone)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
