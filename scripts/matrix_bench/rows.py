"""What is tried: one row for a server, a codec and a quirk, with what the recorder is expected to make of it.

Data only.  The quirks of devices and streams are those of tests/onvif_device.py and tests/hostile.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from hostile import QUIRKS as STREAM_QUIRKS
from hostile import StreamQuirk
from onvif_device import QUIRKS as DEVICE_QUIRKS
from onvif_device import Quirk

USER, PASSWORD = "admin", "S3cret/p@ss:w %d'"
NAMES = {"h264": "H.264", "hevc": "H.265"}


@dataclass(frozen=True)
class Gst:
    """A film of GStreamer's RTSP server."""

    film: str  # of `make_films`
    auth: str = "none"
    protocols: str = "any"
    host: str = "127.0.0.1"
    is_encrypted: bool = False
    is_known: bool = True  # whether the server has a stream at the address


@dataclass(frozen=True)
class Live555:
    """A film of live555MediaServer, which takes no options."""

    film: str


@dataclass(frozen=True, eq=False)
class Row:
    """A camera.  `expected`: the codec that is recorded, or the codes of the error that it is, any of them."""

    server: str
    quirk: str
    source: Gst | Live555 | Quirk | StreamQuirk
    expected: tuple[str, ...]
    lines: tuple[str, ...] = ()  # of cameras.toml
    credential: str | None = None

    @property
    def is_recorded(self) -> bool:
        return self.expected[0] in NAMES

    @property
    def codec(self) -> str:
        """As the table names it."""
        return NAMES.get(self.expected[0], "-")

    @property
    def title(self) -> str:
        """What `--only` looks in."""
        return f"{self.server}, {self.codec}: {self.quirk}"


_UDP = ('transport = "udp"',)
_BASIC = ("allow_basic = true",)
_REFUSED = ("CameraUnauthorised",)


def _gst() -> list[Row]:
    rows = []
    for codec in NAMES:
        rows += [
            Row("GStreamer", "TCP", Gst(codec), (codec,)),
            Row("GStreamer", "UDP", Gst(codec), (codec,), _UDP),
            Row("GStreamer", "TLS, a certificate of its own", Gst(codec, is_encrypted=True), (codec,)),
            Row("GStreamer", "B-frames", Gst(f"{codec}-b"), (codec,)),
            Row("GStreamer", "B-frames, open GOPs, UDP", Gst(f"{codec}-open"), (codec,), _UDP),
            Row("GStreamer", "Digest", Gst(codec, auth="digest"), (codec,), credential="right"),
            Row("GStreamer", "Digest, UDP", Gst(codec, auth="digest"), (codec,), _UDP, credential="right"),
        ]
    return [
        *rows,
        Row("GStreamer", "IPv6", Gst("h264", host="::1"), ("h264",)),
        Row("GStreamer", "IPv6, UDP", Gst("h264", host="::1"), ("h264",), _UDP),
        Row("GStreamer", "Digest, TLS", Gst("h264", "digest", is_encrypted=True), ("h264",), credential="right"),
        Row("GStreamer", "Basic, TLS", Gst("h264", "basic", is_encrypted=True), ("h264",), credential="right"),
        Row("GStreamer", "Basic, `allow_basic`", Gst("h264", "basic"), ("h264",), _BASIC, credential="right"),
        Row("GStreamer", "Basic", Gst("h264", "basic"), ("BasicRefused",), credential="right"),
        Row("GStreamer", "Digest, a wrong password", Gst("h264", "digest"), _REFUSED, credential="wrong"),
        Row("GStreamer", "Digest, no password", Gst("h264", "digest"), _REFUSED),
        Row("GStreamer", "UDP only, asked for TCP", Gst("h264", protocols="udp"), ("TransportRefused",)),
        Row("GStreamer", "TCP only, asked for UDP", Gst("h264", protocols="tcp"), ("TransportRefused",), _UDP),
        Row("GStreamer", "no such stream", Gst("h264", is_known=False), ("StreamUnknown",)),
    ]


def _live555() -> list[Row]:
    return [
        Row("live555", name, Live555(film), (codec,), lines)
        for codec in NAMES
        for film, more in ((codec, ""), (f"{codec}-b", ", B-frames"))
        for name, lines in ((f"TCP{more}", ()), (f"UDP{more}", _UDP))
    ]


def _devices() -> list[Row]:
    """The stream `large` is H.265 and every other one H.264, so that the codec tells which was taken."""
    rows = []
    for quirk in DEVICE_QUIRKS.values():
        codec = "hevc" if quirk.taken == "large" else "h264"
        name = quirk.name if quirk.name != "none" else "as the standard says"
        expected = (quirk.error,) if quirk.error is not None else (codec,)
        rows.append(Row("ONVIF device", name, quirk, expected, credential="right"))
    return rows


def rows() -> list[Row]:
    """All of them, in the order of the table."""
    streams = [Row("RTSP by hand", quirk.name, quirk, quirk.errors, credential="right") for quirk in STREAM_QUIRKS]
    return [*_gst(), *_live555(), *_devices(), *streams]
