"""The manifest of a package: its contents, their origin, who decided, and what was checked.

Responsible for its schema 1 (only additions), for redacted packages (`Manifest`) and unredacted disclosures
(`DisclosureManifest`, `mode` "unredacted").  Pure.  Never names the requester, an officer or anyone who may be in the
picture.  The accounts that prepared, approved and built it are named, because the recipient may ask for them; so are
the authority of a disclosure and its reference.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Annotated, Protocol, TypeAlias, TypeVar

from pydantic import FailFast, TypeAdapter, ValidationError

from cctv.config.fields import Polygon
from cctv.core.errors import CctvError, Exit
from cctv.core.i18n import N_
from cctv.model.footage import FootageSource

MANIFEST, SIGNATURE, SUMS = "manifest.json", "manifest.json.sig", "SHA256SUMS"
PUBLIC_KEY, ALLOWED_SIGNERS, README = "signing.pub", "allowed_signers", "README.txt"
UNREDACTED = "unredacted"
_MAX_BYTES = 8 << 20  # of a manifest; that of a day of sixteen cameras, unredacted, has some 7 MB
Row = TypeVar("Row")
Rows: TypeAlias = Annotated[tuple[Row, ...], FailFast()]
"""Of which the first that is wrong is told: an error for each of a million would take a gigabyte."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,150}")


class ManifestUnreadable(CctvError):
    """The manifest cannot be read: {problem}.

    next: do not use the package; ask whoever sent it for a fresh copy.
    """

    exit_code = Exit.UNREADABLE


@dataclass(frozen=True, slots=True)
class Period:
    """`[start, end)` in UTC, as the manifest writes it."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class By:
    """An act: when, by which account, and on whose behalf if not their own."""

    at: datetime
    account: str
    on_behalf_of: str | None = None


@dataclass(frozen=True, slots=True)
class ManifestSource:
    """A recorded segment that an output was made from."""

    name: str
    sha256: str
    span: Period


@dataclass(frozen=True, slots=True)
class VerifiedPackage:
    """The result of comparing what a finished video shows with its plan.

    `masked_pixels` of each frame lie under the camera's masks; none of them may be live.  `witness_model` is the
    SHA-256 of the detector of people that looked at the result, `witness_frames` how many frames it searched, and
    `witness_subjects` how often it found who is kept; None in a package of before it looked.
    """

    frames: int
    live_pixels_outside: int
    same_times: bool
    audio_streams: int
    metadata_entries: int
    masked_pixels: int = 0
    masked_pixels_live: int = 0
    witness_model: str | None = None
    witness_frames: int = 0
    witness_subjects: int = 0


@dataclass(frozen=True, slots=True)
class Hidden:
    """How many things were hidden by drawn boxes for one reason: person, plate, screen, badge, document, other."""

    reason: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Covered:
    """Boxes (x, y, width, height in pixels) of the backdrop of that number that a reviewer covered."""

    backdrop: int
    boxes: Rows[tuple[float, float, float, float]]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Frames `first` to `last`, both included, and who reviewed them as they are shown."""

    first: int
    last: int
    by: By


@dataclass(frozen=True, slots=True)
class SubjectHiddenSpan:
    """Frames `first` to `last`, both included, in which the requester is not visible, and why (`HiddenCause`)."""

    first: int
    last: int
    span: Period
    cause: str


@dataclass(frozen=True, slots=True)
class SubjectShown:
    """How many frames have the requester in the picture, in how many of them they are visible, and the others."""

    visible: int
    frames: int
    hidden: Rows[SubjectHiddenSpan] = ()


@dataclass(frozen=True, slots=True)
class CompanionShown:
    """Somebody beside the requester who stays visible, and the day of their consent; never their name.

    `shown` is how much of them is visible; None in packages that were built before it was measured.
    """

    consented: date
    shown: SubjectShown | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One video: an unbroken stretch of one camera, redacted.  `part` is its number under `cctv redaction`.

    `masks` are the polygons, in percent of the picture, that are black in every frame whatever is kept visible.
    `others` are people who were hidden: flat shapes, or absent.  `signed_off` are who accepted the backdrops.
    `subject` is how much of the requester is shown; `companions` are who else stays visible.
    """

    file: str
    sha256: str
    size_bytes: int
    frames: int
    camera: str
    part: int
    span: Period
    sources: Rows[ManifestSource]
    plan_sha256: str
    backdrop_sha256: Rows[str]
    prepared: By
    approved: By
    verified: VerifiedPackage
    masks: Rows[Polygon] = ()
    others: str = "shape"
    hidden: Rows[Hidden] = ()
    covered: Rows[Covered] = ()
    signed_off: Rows[str] = ()
    reviewed: Rows[Reviewed] = ()
    subject: SubjectShown = SubjectShown(0, 0)
    companions: Rows[CompanionShown] = ()


@dataclass(frozen=True, slots=True)
class UnrecordedSpan:
    """A span for which there is no picture, and why; never collapsed into its neighbours."""

    camera: str
    span: Period
    cause: str


@dataclass(frozen=True, slots=True)
class ListedFile:
    """Another file of the package."""

    file: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class SiteName:
    """The site of the cameras."""

    name: str
    uuid: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of a redacted package, signed as one."""

    schema: int
    package: str
    request: str
    site: SiteName
    software: str
    mode: str
    language: str
    requested: Period
    cameras: Rows[str]
    built: By
    expires: datetime
    key: str
    outputs: Rows[Output]
    gaps: Rows[UnrecordedSpan]
    files: Rows[ListedFile]

    def to_json(self) -> bytes:
        """The text that is signed."""
        return _adapter().dump_json(self, indent=2) + b"\n"

    @staticmethod
    def from_json(data: bytes) -> Manifest:
        """Read a manifest that came from outside; raises ManifestUnreadable."""
        return read_as(_adapter(), data)

    @property
    def case_id(self) -> str:
        """The request that it was made for."""
        return self.request

    @property
    def with_companions(self) -> bool:
        """Whether anybody beside the requester stays visible."""
        return any(output.companions for output in self.outputs)

    @property
    def names(self) -> tuple[str, ...]:
        """Every file whose hash the manifest holds."""
        return (*(output.file for output in self.outputs), *(listed.file for listed in self.files))

    @property
    def hashes(self) -> dict[str, tuple[str, int]]:
        """SHA-256 and size in bytes of each of `names`."""
        videos = {output.file: (output.sha256, output.size_bytes) for output in self.outputs}
        return videos | {listed.file: (listed.sha256, listed.size_bytes) for listed in self.files}


@dataclass(frozen=True, slots=True)
class LegalBasis:
    """Recipient and legal basis, as typed for `cctv disclosure open`."""

    recipient: str
    authority: str
    reference: str
    duty: str
    basis: str


@dataclass(frozen=True, slots=True)
class CopiedSource:
    """A recorded segment, how many of its frames were copied, and where they come from."""

    name: str
    sha256: str
    span: Period
    frames: int
    source: FootageSource = FootageSource.LIVE


@dataclass(frozen=True, slots=True)
class CopiedOutput:
    """One unbroken recording, bit for bit.

    `span` may begin before the requested span, at a key frame.  `stream_sha256` is over the bytes of all packets:
    `ffmpeg -i FILE -map 0:v -c copy -f streamhash -hash sha256 -` prints it.  `unmasked` are the polygons, in percent
    of the picture, that this camera otherwise never shows.
    """

    file: str
    sha256: str
    size_bytes: int
    frames: int
    stream_sha256: str
    codec: str
    camera: str
    span: Period
    sources: Rows[CopiedSource]
    unmasked: Rows[Polygon] = ()


@dataclass(frozen=True, slots=True)
class DisclosureManifest:
    """The contents of a package of unredacted footage, signed as one."""

    schema: int
    package: str
    disclosure: str
    site: SiteName
    software: str
    mode: str
    language: str
    ground: LegalBasis
    requested: Period
    cameras: Rows[str]
    opened: By
    approved: By
    built: By
    expires: datetime
    key: str
    outputs: Rows[CopiedOutput]
    gaps: Rows[UnrecordedSpan]
    files: Rows[ListedFile]

    def to_json(self) -> bytes:
        """The text that is signed."""
        return _copy_adapter().dump_json(self, indent=2) + b"\n"

    @staticmethod
    def from_json(data: bytes) -> DisclosureManifest:
        """Read a manifest that came from outside; raises ManifestUnreadable."""
        return read_as(_copy_adapter(), data)

    @property
    def case_id(self) -> str:
        """The disclosure that it was made for."""
        return self.disclosure

    @property
    def names(self) -> tuple[str, ...]:
        """Every file whose hash the manifest holds."""
        return (*(output.file for output in self.outputs), *(listed.file for listed in self.files))

    @property
    def hashes(self) -> dict[str, tuple[str, int]]:
        """SHA-256 and size in bytes of each of `names`."""
        videos = {output.file: (output.sha256, output.size_bytes) for output in self.outputs}
        return videos | {listed.file: (listed.sha256, listed.size_bytes) for listed in self.files}


AnyManifest = Manifest | DisclosureManifest


class Named(Protocol):
    """What manifests of every kind have."""

    @property
    def schema(self) -> int: ...
    @property
    def names(self) -> tuple[str, ...]: ...


Kind = TypeVar("Kind", bound=Named)


def read_manifest(data: bytes) -> AnyManifest:
    """A manifest of either kind that came from outside; raises ManifestUnreadable."""
    try:
        payload = json.loads(data)
    except (ValueError, RecursionError):
        payload = None
    if isinstance(payload, dict) and payload.get("mode") == UNREDACTED:
        return DisclosureManifest.from_json(data)
    return Manifest.from_json(data)


def read_as(adapter: TypeAdapter[Kind], data: bytes) -> Kind:
    """A manifest of one kind that came from outside; raises ManifestUnreadable."""
    if len(data) > _MAX_BYTES:
        raise ManifestUnreadable(problem=N_("it is larger than {most} MB", most=_MAX_BYTES >> 20))
    try:
        manifest = adapter.validate_json(data)
    except (ValidationError, RecursionError) as error:
        problem = _first_problem(error) if isinstance(error, ValidationError) else N_("it is too deep")
        raise ManifestUnreadable(problem=problem) from error
    if manifest.schema != 1:
        raise ManifestUnreadable(problem=N_("its schema is {schema}; this program knows 1", schema=manifest.schema))
    for name in manifest.names:
        if not safe_name(name):
            raise ManifestUnreadable(problem=N_("{name!r} is not a file name that a package may hold", name=name))
    if len(set(manifest.names)) != len(manifest.names):
        raise ManifestUnreadable(problem=N_("it names a file twice"))
    return manifest


def safe_name(name: str) -> bool:
    """Whether a package may hold a file of that name: one level, plain letters, safe on every system."""
    return _NAME.fullmatch(name) is not None


def sums_text(hashes: dict[str, str]) -> str:
    """The text of SHA256SUMS, as `sha256sum -c` reads it."""
    return "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes))


@cache
def _adapter() -> TypeAdapter[Manifest]:
    return TypeAdapter(Manifest)


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]


@cache
def _copy_adapter() -> TypeAdapter[DisclosureManifest]:
    return TypeAdapter(DisclosureManifest)
