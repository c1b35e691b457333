"""The manifest of an unredacted disclosure: which recorded frames left, on which ground, for whom.

Owns its shape, schema 1, additive, `mode` "unredacted".  Pure.  Names the authority and its reference, never an officer
and never anybody in the picture.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from pydantic import TypeAdapter

from cctv.config.fields import Polygon
from cctv.export.manifest import By, Listed, Manifest, Period, SiteName, Unrecorded, read_as

UNREDACTED = "unredacted"


@dataclass(frozen=True, slots=True)
class Ground:
    """To whom and why: the words of `cctv disclosure open`."""

    recipient: str
    authority: str
    reference: str
    duty: str
    basis: str


@dataclass(frozen=True, slots=True)
class CopiedSource:
    """A recorded segment, and how many of its frames were taken."""

    name: str
    sha256: str
    span: Period
    frames: int


@dataclass(frozen=True, slots=True)
class CopiedOutput:
    """One unbroken recording, bit for bit.

    `span` may begin before what was asked for, at a key frame.  `stream_sha256` is over the bytes of all packets:
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
    sources: tuple[CopiedSource, ...]
    unmasked: tuple[Polygon, ...] = ()


@dataclass(frozen=True, slots=True)
class DisclosureManifest:
    """Everything that a package of unredacted footage vows, signed as one."""

    schema: int
    package: str
    disclosure: str
    site: SiteName
    software: str
    mode: str
    language: str
    ground: Ground
    requested: Period
    cameras: tuple[str, ...]
    opened: By
    approved: By
    built: By
    expires: datetime
    key: str
    outputs: tuple[CopiedOutput, ...]
    gaps: tuple[Unrecorded, ...]
    files: tuple[Listed, ...]

    def to_json(self) -> bytes:
        """The text that is signed."""
        return _adapter().dump_json(self, indent=2) + b"\n"

    @staticmethod
    def from_json(data: bytes) -> DisclosureManifest:
        """Read one that came from outside; raises ManifestUnreadable."""
        return read_as(_adapter(), data)

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
        videos = {one.file: (one.sha256, one.size_bytes) for one in self.outputs}
        return videos | {one.file: (one.sha256, one.size_bytes) for one in self.files}


AnyManifest = Manifest | DisclosureManifest


def read_manifest(data: bytes) -> AnyManifest:
    """A manifest of either kind that came from outside; raises ManifestUnreadable."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        said = None
    if isinstance(said, dict) and said.get("mode") == UNREDACTED:
        return DisclosureManifest.from_json(data)
    return Manifest.from_json(data)


@cache
def _adapter() -> TypeAdapter[DisclosureManifest]:
    return TypeAdapter(DisclosureManifest)
