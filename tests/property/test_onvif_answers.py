"""Whatever a device answers over ONVIF: a tree within limits or a clear error, and nothing else is ever raised."""

import contextlib
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from cctv.cameras.errors import CameraDown
from cctv.cameras.media import MEDIA1, MEDIA2, lesser_of, merged, ranked, read_profiles
from cctv.cameras.onvif import clock_offset, found_cameras
from cctv.cameras.soap import DEVICE
from cctv.cameras.xml_answer import MAX_DEPTH, MAX_ELEMENTS, Unreadable, read_xml
from cctv.config.schema import CameraSettings
from cctv.model.ids import CameraId, ZoneId

CAMERA = CameraSettings(CameraId("gevel-1"), ZoneId("facade"), "theft", onvif="192.0.2.20:8000")
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
NAMES = ["Profiles", "Configurations", "VideoEncoder", "VideoEncoderConfiguration", "Encoding", "Resolution", "Width"]
NAMES += [
    "Height",
    "RateControl",
    "FrameRateLimit",
    "Name",
    "SystemDateAndTime",
    "UTCDateTime",
    "LocalDateTime",
    "Date",
]
NAMES += ["Time", "Year", "Month", "Day", "Hour", "Minute", "Second", "TimeZone", "TZ", "DaylightSavings", "Header"]
NAMES += ["RelatesTo", "Body", "ProbeMatches", "ProbeMatch", "Types", "Scopes", "XAddrs", "a:b", "x"]
TEXTS = st.one_of(
    st.sampled_from(["H265", "H264", "1920", "-1", "1e400", "nan", "2026", "12", "CET-1CEST", "true", "urn:1"]),
    st.sampled_from(["http://192.0.2.9/onvif http://[fe80::1]/", "http://[::1", "dn:NetworkVideoTransmitter"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<&"), max_size=20),
)


def element(children):
    return st.builds(
        lambda name, token, inside: f"<{name}{token}>{''.join(inside)}</{name}>",
        st.sampled_from(NAMES),
        st.sampled_from(["", ' token="t"', ' token="ü 2"', ' a:token=""', " token='1' x='2'"]),
        st.lists(children, max_size=5),
    )


DOCUMENT = st.recursive(TEXTS, element, max_leaves=25)
PIECES = [
    b"<",
    b">",
    b"</a>",
    b"<a>",
    b"<!DOCTYPE x>",
    b"<?xml version='1.0' encoding='utf-16'?>",
    b"\xff\xfe",
    b"&#0;",
]


def looked_at(root):
    both = merged(read_profiles(root, MEDIA2), read_profiles(root, MEDIA1))
    with contextlib.suppress(CameraDown):
        best = ranked(CAMERA, both)[0]
        assert best.is_recordable
        assert str(lesser_of(best, both, {})).isprintable()
    assert all(text.isprintable() for profile in both for text in (profile.name, profile.codec, profile.label))
    clock_offset(root, NOW)


@given(DOCUMENT.map(lambda inside: f"<x>{inside}</x>".encode()))
def test_what_a_device_means_is_found_or_not(data):
    with contextlib.suppress(Unreadable):
        looked_at(read_xml(data))
    for camera in found_cameras(data, "192.0.2.7", "urn:1"):
        assert all(text.isprintable() for text in (camera.host, camera.onvif, camera.name, camera.hardware))


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=40)), max_size=30).map(b"".join))
def test_bytes_are_read_within_limits_or_refused(data):
    with contextlib.suppress(Unreadable):
        root = read_xml(data)
        assert sum(1 for _ in root.walk()) <= min(MAX_ELEMENTS, len(data))
        looked_at(root)


def test_a_tree_is_as_deep_and_as_large_as_its_limits():
    for data in (b"<a>" * (MAX_DEPTH + 1), b"<a>" + b"<b/>" * MAX_ELEMENTS, b"<!DOCTYPE a><a/>"):
        try:
            read_xml(data)
        except Unreadable:
            continue
        raise AssertionError(data[:20])
    assert sum(1 for _ in read_xml(b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH).walk()) == MAX_DEPTH


@given(TEXTS)
def test_a_service_is_asked_by_a_path_and_nothing_else(address):
    path = DEVICE.at(address).path
    assert path.startswith("/")
    assert path.isascii()
    assert path.isprintable()
    assert " " not in path
