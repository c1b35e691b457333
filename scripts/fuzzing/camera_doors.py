"""Doors to cameras: what a device, or whoever stands in for it, sends.

Everything that these doors call of `cctv.cameras` and `cctv.recording` is named here once, in the lines under
"the product", so that a function that moves is one line to change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace

import av
import av.error

from cctv.cameras import conversation, media, onvif, rtp, soap
from cctv.cameras.authentication import Signer, choose_challenge
from cctv.cameras.errors import CameraOversized
from cctv.config import fields
from cctv.config.credentials import Credential
from cctv.config.errors import BadValue
from cctv.config.schema import CameraSettings
from cctv.model.ids import CameraId, ZoneId
from cctv.recording import access_units, codec_params
from fuzzing import hostile
from fuzzing.door import Door, Try

# The product.
reach_camera, found_cameras, pinned_address, Device = (
    onvif.reach_camera,
    onvif.found_cameras,
    media.pinned_address,
    soap.Device,
)
Reply, Conversation = soap.Reply, conversation.Conversation
parameter_sets, without_sets, entry_of, holds_picture, format_of = (
    access_units.parameter_sets,
    access_units.without_sets,
    access_units.entry_of,
    access_units.holds_picture,
    codec_params.format_of,
)

CAMERA = CameraSettings(CameraId("gevel-1"), ZoneId("facade"), "theft", onvif="192.0.2.20:8000", credential="c")
CREDENTIAL = Credential("admin", "q7-Zebra")
_TIMEOUT = timedelta(seconds=5)
_CHUNK_BYTES = 1 << 17  # as the client reads
_MAX_UDP_BYTES = 65_507

_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" '
    'xmlns:tt="http://www.onvif.org/ver10/schema"><s:Body>{}</s:Body></s:Envelope>'
)
_PROFILE = (
    '<trt:Profiles token="main" fixed="true"><tt:Name>main</tt:Name><tt:VideoEncoderConfiguration token="v">'
    "<tt:Name>v</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding><tt:Resolution>"
    "<tt:Width>1920</tt:Width><tt:Height>1080</tt:Height></tt:Resolution><tt:Quality>5</tt:Quality><tt:RateControl>"
    "<tt:FrameRateLimit>25</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>"
    "<tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl><tt:SessionTimeout>PT60S</tt:SessionTimeout>"
    "</tt:VideoEncoderConfiguration></trt:Profiles>"
)
_ANSWERS: Mapping[str, str] = {
    "GetSystemDateAndTime": "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP"
    "</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime><tt:Time><tt:Hour>22</tt:Hour>"
    "<tt:Minute>1</tt:Minute><tt:Second>2</tt:Second></tt:Time><tt:Date><tt:Year>2026</tt:Year><tt:Month>11</tt:Month>"
    "<tt:Day>21</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>",
    "GetCapabilities": "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media><tt:XAddr>http://192.0.2.20/onvif/"
    "media</tt:XAddr></tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>",
    "GetProfiles": f"<trt:GetProfilesResponse>{_PROFILE}{_PROFILE}</trt:GetProfilesResponse>",
    "GetStreamUri": "<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>rtsp://192.0.2.20:554/main?a=1&amp;b=2</tt:Uri>"
    "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
    "<tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>",
}
_FAULT = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code>"
    '<s:Reason><s:Text xml:lang="en">Sender not Authorized</s:Text></s:Reason></s:Fault>'
)
_XML_WORDS = (
    "<tt:Name>",
    "</tt:Name>",
    "<trt:Profiles>",
    "</trt:Profiles>",
    "<tt:Width>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?x ?>",
    "<!DOCTYPE a [<!ENTITY b 'c'>]>",
    "&b;",
    "&#x0;",
    "&#xD800;",
    "&amp;",
    'xsi:nil="true"',
    'xmlns:tt="x"',
    'xmlns="y"',
    'token=""',
    "PT60S",
    "P99999999999Y",
    "-1",
    "1e9",
    "INF",
    "NaN",
    "true",
    "rtsp://",
    "H265",
    "<x:y>",
    "\0",
    "é",
    '<s:Body xmlns:s="http://www.w3.org/2003/05/soap-envelope">',
    "<xop:Include href='cid:a'/>",
    "rtsp://a:1:2/x y",
)


def _soap(rng: Random) -> bytes:
    """The name of the question, a line break, the answer to it; the other questions get a proper answer."""
    question = rng.choice(list(_ANSWERS))
    body = _FAULT if rng.random() < 0.1 else _ANSWERS[question]
    return question.encode() + b"\n" + hostile.encoded(rng, hostile.text(rng, [_ENVELOPE.format(body)], _XML_WORDS))


def _open_soap(folder: Path) -> Try:
    answers: dict[str, bytes] = {}

    class Told(Device):
        def _exchange(self, path: str, message: bytes, headers: Mapping[str, str], timeout: timedelta) -> Reply:
            content = next((body for name, body in answers.items() if f"<{name} ".encode() in message), b"")
            if len(content) > soap.MAX_ANSWER_BYTES:  # as the device does with what it reads
                raise CameraOversized(camera=CAMERA.id, detail="an ONVIF answer of more than 1 MB")
            return Reply(200, content, "", ())

    proper = {name: _ENVELOPE.format(body).encode() for name, body in _ANSWERS.items()}
    onvif.Device = Told  # type: ignore[misc]

    def ask(data: bytes) -> object:
        question, _, body = data.partition(b"\n")
        answers.update(proper)
        answers[question.decode()] = body
        return reach_camera(CAMERA, {"c": CREDENTIAL}, timeout=_TIMEOUT)

    ask(b"GetProfiles\n" + proper["GetProfiles"])
    return ask


_SDP = (
    "v=0\r\no=- 1 1 IN IP4 192.0.2.20\r\ns=Session\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\na=range:npt=0-\r\n"
    "m=video 0 RTP/AVP 96\r\nb=AS:5000\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;profile-level-id="
    "640028;sprop-parameter-sets=Z2QAKKzZQHgCJ+XARAAAAwAEAAADAMg8YMZY,aOvjyyLA\r\na=control:track1\r\n",
    "v=0\r\no=- 1 1 IN IP6 ::1\r\ns= \r\nt=0 0\r\nm=video 0 RTP/AVP 97\r\na=rtpmap:97 "
    "H265/90000\r\na=fmtp:97 sprop-vps="
    "QAEMAf//AWAAAAMAkAAAAwAAAwB4mZgJ;sprop-sps=QgEBAWAAAAMAkAAAAwAAAwB4oAPAgBDlja5JMvwBAAADAAEAAAMAHgg=;sprop-pps="
    "RAHBcrRiQA==\r\na=control:rtsp://192.0.2.20/t\r\nm=audio 0 RTP/AVP 0\r\na=control:track2\r\n",
    "v=0\r\nm=video 0 RTP/AVP 26\r\nm=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n",
)
_SDP_WORDS = (
    "v=0\r\n",
    "m=video 0 RTP/AVP 96\r\n",
    "m=video 65536 RTP/SAVP 96 97 98\r\n",
    "m=audio 0 RTP/AVP 97\r\n",
    "\r\n",
    "\n",
    "a=rtpmap:96 H264/90000\r\n",
    "a=rtpmap:96 H265/0\r\n",
    "a=rtpmap:97 MPEG4-GENERIC/8000/2\r\n",
    "a=rtpmap:96 JPEG/90000\r\n",
    "a=rtpmap:127 x/-1\r\n",
    "a=fmtp:96 ",
    "sprop-parameter-sets=",
    "Z2QAKKzZQHgCJ+XARAAAAwAEAAADAMg8YMZY,",
    "aOvjyyLA",
    ";",
    "sprop-vps=",
    "sizelength=13;indexlength=3;config=1210",
    "a=control:",
    "rtsp://",
    "../",
    "a=range:npt=now-\r\n",
    "96",
    "=",
    "a=framerate:1e9\r\n",
    "a=framesize:96 99999-99999\r\n",
    "a=x-dimensions:99999,99999\r\n",
    "c=IN IP4 224.2.1.1/127/9\r\n",
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:aaaa\r\n",
    "b=AS:-1\r\n",
    "k=clear:x\r\n",
    'a=mpeg4-iod:"data:,AAAA"\r\n',
)


def _sdp(rng: Random) -> bytes:
    return hostile.encoded(rng, hostile.text(rng, _SDP, _SDP_WORDS))


def _open_sdp(folder: Path) -> Try:
    """The answer to DESCRIBE, as the client takes it."""

    def describe(data: bytes) -> object:
        talk = Conversation(CAMERA, "rtsp://192.0.2.20/main", CREDENTIAL)
        _feed(talk, _described(data))
        assert b"q7-Zebra" not in talk.outgoing()
        return talk.description

    return describe


def _described(body: bytes) -> bytes:
    head = b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n" % len(body)
    return b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n" + head + body


def _feed(talk: conversation.Conversation, data: bytes) -> None:
    """Let a conversation read it as it would come."""
    buffer, filled = bytearray(_CHUNK_BYTES), 0
    view = memoryview(buffer)
    while data:
        piece, data = data[: _CHUNK_BYTES - filled], data[_CHUNK_BYTES - filled :]
        end = filled + len(piece)
        view[filled:end] = piece
        done = talk.read(buffer, view, end, 0.0)
        filled = end - done
        view[:filled] = view[done:end]


def _rtp(rng: Random) -> bytes:
    """A byte that says which codec, then interleaved frames, among answers and noise now and then."""
    is_h265 = rng.random() < 0.5
    units, packing = _UNITS[is_h265], _PACKING[is_h265]
    out, number, stamp = bytearray(), rng.randrange(1 << 16), rng.randrange(1 << 32)
    for _ in range(rng.randrange(1, 40)):
        number += rng.choice((1, 1, 1, 1, 0, 2, 40_000))
        stamp += rng.choice((0, 0, 3600, 3600, 1 << 31, -1))
        unit = rng.choice(units)
        payload = rng.choice((unit, unit, rng.choice(packing) + unit, unit[:1] + len(unit).to_bytes(2, "big") + unit))
        flags = rng.choice((0x80, 0x80, 0x80, 0x80, 0x90, 0xA0, 0x8F, 0xBF, 0x00))
        head = bytes((flags, rng.choice((96, 224, 224, 97)))) + (number & 0xFFFF).to_bytes(2, "big")
        packet = head + (stamp & 0xFFFFFFFF).to_bytes(4, "big") + rng.choice((b"abcd", b"abcd", b"efgh")) + payload
        out += b"$" + rng.choice((b"\0", b"\0", b"\0", b"\1", b"\xff")) + len(packet).to_bytes(2, "big") + packet
        if rng.random() < 0.05:
            out += rng.choice(
                (b"OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n", b"RTSP/1.0 401 x\r\nCSeq: 1\r\n\r\n", b"$", b"noise")
            )
    data = hostile.binary(rng, bytes(out)) if rng.random() < 0.7 else bytes(out)
    if hostile.is_large(rng):
        piece = data[: rng.randrange(4, 400)] or b"$"
        data += piece * (hostile.length(rng) // len(piece))
    return bytes([is_h265]) + data


_PACKING = {
    False: [bytes.fromhex(text) for text in ("1c85", "1c05", "1c45", "1cc5", "180009", "19", "1a", "1d85", "00", "1f")],
    True: [bytes.fromhex(text) for text in ("620193", "620113", "620153", "6001000a", "6401", "7e01", "6201")],
}


def _open_rtp(folder: Path) -> Try:
    """What comes after the description: pictures that hold no more than was sent."""

    def read(data: bytes) -> object:
        talk = Conversation(CAMERA, "rtsp://192.0.2.20/main", CREDENTIAL)
        _feed(talk, _described(_SDP[data[0]].replace("97", "96").encode()))
        assert talk.depacketiser is not None
        _feed(talk, data[1:])
        talk.depacketiser.end()
        pictures = talk.depacketiser.ready
        assert sum(len(picture.data) for picture in pictures) <= 4 * len(data)
        return len(pictures)

    return read


_ADDRESSES = (
    "rtsp://192.0.2.20:554/main?channel=1&subtype=0",
    "rtsp://admin:geheim@192.0.2.20/h264",
    "rtsps://[2001:db8::1]:322/x",
    "rtsp://192.0.2.20:554:554/a b",
    "rtsp://u:p@@h/",
    "http://192.0.2.20:8000/onvif/device_service",
    "192.0.2.20:8000",
    'Digest realm="x", nonce="n", algorithm=SHA-256, qop="auth,auth-int", opaque="o"',
    "Basic realm=x",
)
_ADDRESS_WORDS = (
    "rtsp://",
    "rtsps://",
    "RTSP://",
    "http://",
    "//",
    "://",
    "@",
    "@@",
    ":",
    ":0",
    ":65536",
    ":99999999999999999999",
    "[::1]",
    "[::1",
    "%00",
    "%zz",
    "%",
    "?",
    "#",
    "..",
    "/",
    "\\",
    "admin:geheim",
    "192.0.2.20",
    "xn--",
    "password=geheim",
    "é",
    " ",
    "Digest ",
    'nonce="',
    "realm=",
    ",",
    '"',
    "qop=auth",
    "stale=true",
    "algorithm=MD5-sess",
    "algorithm=",
    "Basic ",
)


def _address(rng: Random) -> bytes:
    return hostile.encoded(rng, hostile.text(rng, _ADDRESSES, _ADDRESS_WORDS))[: soap.MAX_ANSWER_BYTES]


def _open_address(folder: Path) -> Try:
    """As a device tells it, as cameras.toml has it, as a challenge that stands beside it."""

    def read(data: bytes) -> object:
        told = data.decode("utf-8", "replace")
        challenge = choose_challenge([told], allow_basic=False)
        if challenge is not None:
            assert "q7-Zebra" not in Signer(challenge, CREDENTIAL).header("DESCRIBE", "rtsp://192.0.2.20/main")
        for rule in (fields.rtsp, fields.onvif, fields.mail_host):
            try:
                rule(told)
            except BadValue:
                continue
        pinned = pinned_address(CAMERA, told)
        assert pinned.startswith(("rtsp://192.0.2.20", "rtsps://192.0.2.20"))
        assert pinned.isascii()
        assert pinned.isprintable()
        return pinned

    return read


def _sets(rng: Random) -> bytes:
    """A byte that says which codec, then Annex B data."""
    is_h265 = rng.random() < 0.5
    units = _UNITS[is_h265]
    picture = b"".join(rng.choice((b"\0\0\1", b"\0\0\0\1")) + rng.choice(units) for _ in range(rng.randrange(1, 9)))
    if rng.random() < 0.8:
        picture = hostile.binary(rng, picture)
    if hostile.is_large(rng):
        piece = rng.choice((picture[:400] or b"\0", b"\0\0\1\x67", b"\0\0\1", b"\0", b"\0\0\1\x40\1a"))
        picture += piece * (hostile.length(rng) // len(piece))
    return bytes([is_h265]) + picture


_UNITS = {
    False: [
        bytes.fromhex(unit)
        for unit in (
            "6764001eacd940a02ff9610000030001000003003c8f162d96",
            "68ebe3cb22c0",
            "67f4000d919b28283f6022000003000200000300641e28532c",
            "6588840037fffe",
            "419a246c41",
            "0605ffff",
            "0900",
            "0910",
            "6d40",
            "6f00",
            "7f",
            "67",
            "68",
            "67ffffffffffffffff",
        )
    ],
    True: [
        bytes.fromhex(unit)
        for unit in (
            "40010c01ffff016000000300900000030000030078999809",
            "420101016000000300900000030000030078a003c08010e58dae4932fc01",
            "4401c172b46240",
            "2601af08",
            "0201d0",
            "4e01051a",
            "460150",
            "4001",
            "4201ffffffffffffffff",
            "7e01",
            "44",
        )
    ],
}


def _open_sets(folder: Path) -> Try:
    templates = {False: _template("h264"), True: _template("hevc")}

    def read(data: bytes) -> object:
        is_h265, picture = bool(data[0]), data[1:]
        sets = parameter_sets(picture, is_h265=is_h265)
        assert sum(map(len, sets.values())) <= len(picture)
        assert len(without_sets(picture, is_h265=is_h265)) <= len(picture)
        entry_of(picture, is_h265=is_h265)
        if holds_picture(picture, is_h265=is_h265):
            return format_of(picture, templates[is_h265])
        return sets

    return read


def _is_taken(picture: bytes, *, is_h265: bool) -> bool:
    """Whether it would be taken for a picture at all (`cctv/cameras/rtp.py`)."""
    firsts = [unit[0] for unit in picture.split(b"\0\0\1") if unit]
    return len(firsts) <= rtp.MAX_UNITS and any(
        first >> 1 & 0x3F < 32 if is_h265 else first & 0x1F in range(1, 6) for first in firsts
    )


def _template(codec: str) -> SimpleNamespace:
    """What `format_of` asks of a stream's template."""
    return SimpleNamespace(codec_context=SimpleNamespace(name=codec, extradata=b""))


_MATCH = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
    'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
    'xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header><a:MessageID>urn:uuid:1</a:MessageID><a:RelatesTo>'
    "urn:uuid:2</a:RelatesTo><a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To><a:Action>"
    "http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action><d:AppSequence "
    'InstanceId="1" MessageNumber="1"/>'
    "</s:Header><s:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:3</a:Address>"
    "</a:EndpointReference><d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>onvif://www.onvif.org/name/Eye%204 "
    "onvif://www.onvif.org/hardware/X</d:Scopes><d:XAddrs>http://192.0.2.20/onvif/device_service "
    "http://[fe80::1%25eth0]/onvif</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches>"
    "</s:Body></s:Envelope>"
)
_LAUGHS = "".join(
    (
        "<!DOCTYPE s:Envelope [<!ENTITY a 'aaaaaaaaaa'>",
        *(f"<!ENTITY {chr(98 + level)} '{f'&{chr(97 + level)};' * 10}'>" for level in range(8)),
        "]>",
    )
)


def _discovery(rng: Random) -> bytes:
    words = (
        *_XML_WORDS,
        "<d:ProbeMatch>",
        "</d:ProbeMatch>",
        "onvif://www.onvif.org/name/",
        "http://h:x/",
        "%E2%80%AE",
        _LAUGHS,
        "&i;",
        'InstanceId="x"',
        "d:Types",
        "dn:",
        "<d:XAddrs>",
    )
    return hostile.encoded(rng, hostile.text(rng, (_MATCH,), words))[:_MAX_UDP_BYTES]


def _open_discovery(folder: Path) -> Try:
    def read(data: bytes) -> object:
        answered = re.search(rb"RelatesTo>([^<]*)<", data)
        shown = found_cameras(data, "192.0.2.20", answered[1].decode("utf-8", "replace") if answered else "")
        for found in shown:
            assert all(text.isprintable() for text in (found.host, found.onvif, found.name, found.hardware))
        return shown

    return read


CAMERA_DOORS = (
    Door("soap", _soap, _open_soap),
    Door("sdp", _sdp, _open_sdp),
    Door("rtp", _rtp, _open_rtp),
    Door("addresses", _address, _open_address),
    Door("parameter-sets", _sets, _open_sets, (av.error.FFmpegError, IndexError, codec_params.EndlessUnits)),
    Door("discovery", _discovery, _open_discovery),
)
