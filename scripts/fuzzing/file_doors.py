"""Doors to files and people: what stands on a medium, in a package, in a settings file, in what somebody types."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pyrage

from cctv.audit.checkpoint_files import all_checkpoints
from cctv.backup.bundle import read_bundle
from cctv.backup.manifest import read_manifest as read_backup_manifest
from cctv.cases.requests.open import check_party
from cctv.config.credentials import load_credentials
from cctv.config.fields import mail
from cctv.config.loader import check_text, load_settings
from cctv.config.policy_text.compare import compare
from cctv.config.policy_text.reader import read_claims, read_policy_text
from cctv.core.durable import DurableFiles
from cctv.core.errors import CctvError
from cctv.core.text import printable, printable_json
from cctv.core.typed_time.durations import parse_duration
from cctv.core.typed_time.resolve import parse_ahead, parse_date, parse_instant, parse_review, parse_span
from cctv.footage.ingest import lines_in
from cctv.holds.files import read_hold_files
from cctv.model.ids import id_kind, typed_id, typed_name, valid_id
from cctv.model.legal import Area
from cctv.model.requests import Party, RequesterRole
from cctv.packages.manifest import read_manifest
from cctv.redaction.people.weights import load_model
from cctv.redaction.tracking.annotations import check_within, read_keep
from fuzzing import hostile
from fuzzing.door import Door, Try

_ROOT = Path(__file__).resolve().parent.parent.parent
_NOW = datetime(2026, 11, 22, 12, 0, tzinfo=ZoneInfo("Europe/Brussels"))
_ZONE = ZoneInfo("Europe/Brussels")
_CLIP_FRAMES = 1500

# An ONNX file without an operation: one tensor, and an input of 1 x 3 x 96 x 128.
_ONNX = (
    b"\x08\x08:1*\x0c\x08\x01\x10\x01B\x06kernelZ!\n\x06images\x12\x17\n\x15\x08\x01\x12\x11"
    b"\n\x02\x08\x01\n\x02\x08\x03\n\x02\x08`\n\x03\x08\x80\x01"
)
_TOML = (
    (_ROOT / "cameras.toml").read_text(),
    '[site]\nname = "Post"\ntimezone = "Europe/Brussels"\njurisdiction = "BE"\nstorage = '
    '"storage"\nmax_retention = "28d"\n'
    '[zones.facade]\nkind = "facade"\nretention = "7d"\n[cameras.gevel-1]\nzone = "facade"\npurpose = "theft"\n'
    'onvif = "192.0.2.20"\ncredential = "c"\nmasks = [[[0, 0], [100, 0], [100, 50]]]\nschedule '
    '= ["mo-fr 08:00-18:00"]\n'
    '[credentials]\nfile = "credentials.toml"\n[alerts]\nmail = "a@example.org"\nsmtp = '
    '"localhost:25"\ncommand = ["/bin/true"]\n'
    '[backup]\nfolder = "/mnt"\nkeep = { daily = 7, weekly = 5 }\nlongest = "31d"\n[policy]\nleast_visible = "80%"\n'
    '[letters]\nwords = { "theft" = { fr = "vol" } }\n',
)
_TOML_WORDS = (
    "[site]\n",
    "[zones.x]\n",
    "[cameras.x]\n",
    "[cameras.x.y.z]\n",
    "[[cameras]]\n",
    "[backup]\n",
    'retention = "7d"\n',
    '"7d"',
    'zone = "facade"\n',
    "a.b.c.d = 1\n",
    'name = "x"\n',
    '"""',
    "'''",
    '"',
    "'",
    "#",
    "= ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "true",
    "nan",
    "inf",
    "1e999",
    "0x1F",
    "1_000",
    "1979-05-27T07:32:00Z",
    "07:32:00",
    "\\u0000",
    "\\U0010FFFF",
    "\\uD800",
    "\r\n",
    "a.",
    '"a".',
    "masks = [[[0,0],[nan,0],[1,1]]]\n",
    'schedule = ["24:00-25:00"]\n',
    'password = "geheim"\n',
    'kind = "toilet"\n',
    "[a]\n",
)
_CREDENTIALS = (
    '[c]\nusername = "admin"\npassword = "geheim"\nrotated = 2026-11-01\n[d]\nusername = "u"\npassword = ""\n',
)
_TIMES = (
    "za 22u",
    "22u30",
    "gisteren 14:00",
    "21/11 9:30",
    "2026-11-21 22:00",
    "2026-11-21T22:00:00+01:00",
    "zaterdagnacht 2u",
    "hier soir",
    "samedi 22h30",
    "il y a 2 heures",
    "vorige week dinsdag 14u",
    "last saturday 10 pm",
    "+2 uur",
    "+ 30 min",
    "30d",
    "29 februari 2028",
    "25/10/2026 2:30",
    "half drie",
    "kwart voor 8",
    "midi",
    "minuit",
    "12 november om 14u05",
    "90s",
    "72h",
    "nu",
)
_TIME_WORDS = (
    "za",
    "zo ",
    "maandag",
    "samedi",
    "tuesday",
    "vorige ",
    "volgende ",
    "week ",
    "gisteren",
    "eergisteren",
    "nacht",
    "avond",
    "22u",
    "22:00",
    "24:00",
    "2u30",
    "om ",
    "à ",
    "at ",
    "half ",
    "kwart ",
    "voor ",
    "over ",
    "+",
    "-",
    "/",
    ".",
    ":",
    "29",
    "31",
    "2026",
    "uur",
    "min",
    "dagen",
    "pm",
    "am",
    "Z",
    "+01:00",
    "CET",
    "T",
    "november ",
    "novembre ",
    "99999999999999999999",
    "d",
    "h",
    "m",
    "s",
    " ",
)
_KEEP: list[Any] = [
    {
        "schema": 1,
        "boxes": [
            {"id": "a", "frame": 0, "x": 0, "y": 0, "w": 10, "h": 20},
            {"id": "a", "frame": 40, "x": 5.5, "y": 0, "w": 10, "h": 20},
        ],
        "hide": [{"id": "p", "frame": 3, "x": 1, "y": 2, "w": 3, "h": 4, "reason": "plate"}],
    },
    {"schema": 1, "boxes": []},
]
_PERIOD = {"start": "2026-11-21T21:00:00Z", "end": "2026-11-21T21:05:00Z"}
_BY = {"at": "2026-11-22T09:00:00Z", "account": "dpo", "on_behalf_of": None}
_SHA = "a" * 64
_TWO = hashlib.sha256(b"{}").hexdigest()
_SOURCE = {"name": "20261121T210000.000Z.mp4", "sha256": _SHA, "span": _PERIOD}
_COMMON = {
    "schema": 1,
    "package": "REQ-2026-001-1",
    "site": {"name": "Post", "uuid": "u"},
    "software": "cctv 0.1",
    "language": "nl",
    "requested": _PERIOD,
    "cameras": ["gevel-1"],
    "built": _BY,
    "expires": "2026-12-21T00:00:00Z",
    "key": "SHA256:x",
    "gaps": [{"camera": "gevel-1", "span": _PERIOD, "cause": "camera down"}],
    "files": [{"file": "README.txt", "sha256": _SHA, "size_bytes": 10}],
}
_MANIFESTS: list[Any] = [
    {
        **_COMMON,
        "request": "REQ-2026-001",
        "mode": "redacted",
        "outputs": [
            {
                "file": "gevel-1-part-1.mp4",
                "sha256": _SHA,
                "size_bytes": 10,
                "frames": 100,
                "camera": "gevel-1",
                "part": 1,
                "span": _PERIOD,
                "sources": [_SOURCE],
                "plan_sha256": _SHA,
                "backdrop_sha256": [_SHA],
                "prepared": _BY,
                "approved": _BY,
                "verified": {
                    "frames": 100,
                    "live_pixels_outside": 0,
                    "same_times": True,
                    "audio_streams": 0,
                    "metadata_entries": 0,
                    "witness_model": _SHA,
                    "witness_frames": 50,
                },
                "masks": [[[0, 0], [100, 0], [100, 50]]],
                "others": "shape",
                "signed_off": ["dpo"],
            }
        ],
    },
    {
        **_COMMON,
        "disclosure": "DIS-2026-001",
        "mode": "unredacted",
        "opened": _BY,
        "approved": _BY,
        "ground": {"recipient": "police", "authority": "a", "reference": "r", "duty": "d", "basis": "b"},
        "outputs": [
            {
                "file": "gevel-1-1.mp4",
                "sha256": _SHA,
                "size_bytes": 10,
                "frames": 9,
                "stream_sha256": _SHA,
                "codec": "h264",
                "camera": "gevel-1",
                "span": _PERIOD,
                "sources": [{**_SOURCE, "frames": 9}],
            }
        ],
    },
]
_LINES: list[Any] = [
    {
        "name": "20261121T210000.000Z.mp4",
        "camera": "gevel-1",
        "zone": "facade",
        "start_us": 1795294800000000,
        "end_us": 1795294860000000,
        "limit_us": 1795899600000000,
        "sha256": _SHA,
        "bytes": 1000,
        "policy": 1,
        "run": 3,
    },
]
_HOLDS: list[Any] = [
    {
        "schema": 1,
        "id": "HOLD-2026-003",
        "ground_kind": "incident",
        "ground_id": "INC-2026-001",
        "cameras": ["gevel-1", "foyer-1"],
        "start": "2026-11-21T21:00:00.000Z",
        "end": "2026-11-21T22:00:00.000Z",
        "review": "2026-12-21T22:00:00.000Z",
        "placed": "2026-11-22T09:00:00.000Z",
        "placed_by": "staff",
    },
]
_BACKUPS: list[Any] = [
    {
        "schema": 1,
        "site": "s" * 36,
        "database": "d" * 36,
        "site_name": "Post",
        "made": "2026-11-22T09:00:00.000Z",
        "made_by": "root",
        "program": "0.1",
        "version": "0020",
        "audit_entries": 12,
        "audit_head": _SHA,
        "segments": 3,
        "holds": ["HOLD-2026-003"],
        "files": [
            {"name": "cctv.db", "bytes": 2, "sha256": _SHA},
            {"name": "holds/HOLD-2026-003.json", "bytes": 2, "sha256": _SHA},
        ],
    },
]
_CHECKPOINTS: list[Any] = [
    {
        "checkpoint": '{"at_us":1795294800000000,"hash":"' + _SHA + '","schema":1,"seq":12,"site":"s"}',
        "signature": "-----BEGIN",
    }
]
_POLICIES = (
    *(path.read_text() for path in sorted((_ROOT / "docs" / "policies").glob("*.txt"))),
    "<!doctype html><html><body><p>De camerabeelden worden maximaal 4 weken bewaard.</p></body></html>",
)
_POLICY_WORDS = (
    "camerabeelden ",
    "worden ",
    "bewaard ",
    "maximaal ",
    "4 weken ",
    "dertig dagen ",
    "binnen ",
    "1 maand ",
    "verzoek ",
    "72 uur ",
    "datalek ",
    "Autoriteit Persoonsgegevens ",
    "GBA ",
    "les images ",
    "conservées ",
    "pendant ",
    "30 jours ",
    "the footage ",
    "is kept ",
    "for 28 days ",
    "at most ",
    "gevel ",
    "foyer ",
    "en ",
    "; ",
    ". ",
    ", ",
    "\n",
    "<p>",
    "</p>",
    "<script>",
    "<!--",
    "&nbsp;",
    "<html",
    "recht op inzage ",
    "99999999999999999999 dagen ",
    "0 dagen ",
    "het ",
    "van ",
    "niet ",
    "diefstal ",
    "beveiliging ",
    "é",
)
_TYPED = (
    "REQ-2026-007",
    " req-2026-0007 ",
    "HOLD-2026-003",
    "gevel-1",
    "An Peeters",
    "an.peeters@example.org",
    "Hendrik Serruyslaan 18A, 8400 Oostende",
    "90.01.02-123.45",
    "+32 470 12 34 56",
    "laptop, foyer",
)
_TYPED_WORDS = (
    "REQ-",
    "INC-",
    "HOLD-",
    "2026",
    "-",
    "007",
    "@",
    "example.org",
    "90010212345",
    "90.01.02-123.45",
    "٢٠٢٦",
    "²",
    "①",
    "0" * 60,
    ", ",
    "\n",
    "An",
    "\u202e",
    "é",
    "ＲＥＱ",
    "İ",
    "ß",
)


def _text_of(samples: tuple[str, ...], words: tuple[str, ...]) -> Callable[[Random], bytes]:
    return lambda rng: hostile.encoded(rng, hostile.text(rng, samples, words))


def _json_of(samples: list[Any], key: str | None = None) -> Callable[[Random], bytes]:
    """Mostly trees that were changed; where `key` names a list, at times one with very many elements."""

    def make(rng: Random) -> bytes:
        if key is not None and rng.randrange(hostile.LARGE_ONE_IN) == 0:
            return hostile.repeated(rng, samples[0], key).encode()
        return hostile.encoded(rng, hostile.tree(rng, samples))

    return make


def _lines(rng: Random) -> bytes:
    made = [_json_of(_LINES)(rng) for _ in range(rng.randrange(1, 5))]
    return rng.choice((b"\n", b"\n", b"\r\n", b"\n\n")).join(made)


def _archive(rng: Random) -> bytes:
    """A bundle before it is encrypted; its first byte says whether the encryption is spoilt too.

    Most have the members that the manifest names, with their hashes, before anything is bent.
    """
    names = ["cctv.db", "holds/HOLD-2026-003.json", "audit/checkpoint.json", "keys/signing", "cameras.toml"]
    odd = [
        "../x",
        "/tmp/x",
        "a/../b",
        "cctv.db/x",
        "é",
        ".bundle.tar",
        "manifest.json",
        "holds/" * 60,
        hostile.junk(rng),
    ]
    members = [(name, b"{}") for name in rng.sample(names, rng.randrange(1, 5))]
    document = {**_BACKUPS[0], "files": [{"name": name, "bytes": 2, "sha256": _TWO} for name, _ in members]}
    written = hostile.tree(rng, [document]) if rng.random() < 0.6 else json.dumps(document)
    members.insert(0, ("manifest.json", written.encode("utf-8", "surrogatepass")))
    if rng.random() < 0.3:
        members.insert(rng.randrange(2), (rng.choice(odd), b"{}"))
    held, kinds = io.BytesIO(), (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE)
    form = rng.choice((tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT))
    with tarfile.open(fileobj=held, mode="w", format=form, errors="surrogatepass") as tar:
        for name, data in members:
            info = tarfile.TarInfo(name.replace("\0", "") or "x")
            info.size, info.type = len(data), tarfile.REGTYPE if rng.random() < 0.95 else rng.choice(kinds)
            info.linkname = rng.choice(("", "/etc/passwd", "../..", "manifest.json"))
            try:
                tar.addfile(info, io.BytesIO(data))
            except (ValueError, UnicodeError):
                continue
    data = held.getvalue()
    if rng.random() < 0.3:
        data = hostile.binary(rng, data)
    return bytes([rng.random() < 0.1]) + data


def _open_archive(folder: Path) -> Try:
    identity = pyrage.x25519.Identity.generate()
    to, disk, count = [identity.to_public()], DurableFiles(), iter(range(1 << 62))

    def read(data: bytes) -> object:
        number = next(count)
        path, place = folder / "b.age", folder / f"unpacked-{number}"
        sealed = pyrage.encrypt(data[1:], to)
        if data[0]:
            sealed = hostile.binary(Random(len(data)), sealed)
        path.write_bytes(sealed)
        place.mkdir()
        try:
            read_bundle(path, identity, place, disk)
            return read_backup_manifest(path, place)
        finally:
            _clear(place)

    return read


def _clear(place: Path) -> None:
    for below, folders, names in os.walk(place, topdown=False):
        for name in names:
            (Path(below) / name).unlink()
        for name in folders:
            (Path(below) / name).rmdir()
    place.rmdir()


def _in_file(name: str, read: Callable[[Path], object]) -> Callable[[Path], Try]:
    """The product's function gets a file with the input."""

    def opened(folder: Path) -> Try:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)

        def one(data: bytes) -> object:
            path.write_bytes(data)
            path.chmod(0o600)
            return read(path)

        return one

    return opened


def _credentials(folder: Path) -> Try:
    settings = check_text(_TOML[1], folder / "cameras.toml").settings
    return _in_file("credentials.toml", lambda path: load_credentials(settings, {}))(folder)


def _holds(folder: Path) -> Try:
    site: Any = SimpleNamespace(root=folder, clock=SimpleNamespace(now=lambda: _NOW))

    def read(path: Path) -> object:
        holds = read_hold_files(site)
        return [hold.covers(camera, hold.span) for hold in holds for camera in sorted(hold.cameras)]

    return _in_file("holds/HOLD-2026-003.json", read)(folder)


def _keep(path: Path) -> object:
    boxes = read_keep(path)
    check_within(boxes, _CLIP_FRAMES, path)
    return boxes.kept_at(0), boxes.hidden_at(7), boxes.last_frame


def _manifest(folder: Path) -> Try:
    def read(data: bytes) -> object:
        manifest = read_manifest(data)
        return manifest.hashes, manifest.to_json()

    return read


def _times(folder: Path) -> Try:
    def read(data: bytes) -> object:
        text = data.decode("utf-8", "surrogateescape")
        refusals: list[CctvError] = []
        for parse in (parse_instant, parse_date, parse_review, parse_ahead):
            try:
                parse(text, now=_NOW, zone=_ZONE)
            except CctvError as error:
                refusals.append(error)
        start, _, end = text.partition(" ")
        for first, last in ((text, "+2 uur"), ("gisteren 14:00", text), (start, end)):
            try:
                parse_span(first, last, now=_NOW, zone=_ZONE)
            except CctvError as error:
                refusals.append(error)
        try:
            parse_duration(text)
        except CctvError as error:
            refusals.append(error)
        if refusals:
            raise max(refusals, key=lambda error: len(str(error)))
        return None

    return read


def _typed(folder: Path) -> Try:
    def read(data: bytes) -> object:
        text = data.decode("utf-8", "surrogateescape")
        printable(text).encode()
        json.loads(printable_json(json.dumps(text, ensure_ascii=False)))
        kind = id_kind(typed_id(text))
        assert not valid_id(name := typed_name(text)) or name.isascii()
        with contextlib.suppress(ValueError):
            mail(text)
        party = check_party(Party(RequesterRole.SUBJECT, text, text), Area.EU)
        assert "\n" not in party.name
        return kind

    return read


def _policy(folder: Path) -> Try:
    settings = check_text(_TOML[1], folder / "cameras.toml").settings
    return _in_file("policy.txt", lambda path: compare(read_claims(read_policy_text(path)), settings))(folder)


FILE_DOORS = (
    Door(
        "cameras.toml",
        _text_of(_TOML, _TOML_WORDS),
        _in_file("cameras.toml", lambda path: load_settings(path, environ={})),
    ),
    Door("times", _text_of(_TIMES, _TIME_WORDS), _times),
    Door("KEEP.json", _json_of(_KEEP, "boxes"), _in_file("KEEP.json", _keep)),
    Door("manifests", _json_of(_MANIFESTS, "outputs"), _manifest),
    Door("credentials", _text_of(_CREDENTIALS, _TOML_WORDS), _credentials),
    Door(
        "index.jsonl",
        _lines,
        _in_file("index.jsonl", lambda path: lines_in(path.parent, "segments/facade/gevel-1/2026-11-21")),
    ),
    Door("holds", _json_of(_HOLDS, None), _holds),
    Door("policy-texts", _text_of(_POLICIES, _POLICY_WORDS), _policy),
    Door("back-ups", _archive, _open_archive),
    Door(
        "checkpoints",
        _json_of(_CHECKPOINTS),
        _in_file("audit/checkpoint.json", lambda path: all_checkpoints(path.parent.parent)),
    ),
    Door("models", lambda rng: hostile.binary(rng, _ONNX), _in_file("own.onnx", load_model)),
    Door("typed", _text_of(_TYPED, _TYPED_WORDS), _typed),
)
