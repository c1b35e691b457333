"""An ONVIF device in a thread: SOAP over HTTP, WS-UsernameToken by digest, both media services, and their quirks.

Knows what the tests ask and no more.  How a device departs from the standard is a row of QUIRKS.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_SPACES = (
    'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"'
    ' xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tr2="http://www.onvif.org/ver20/media/wsdl"'
    ' xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error"'
)
_ENVELOPE = f"<s:Envelope {_SPACES}><s:Body>{{}}</s:Body></s:Envelope>"
_FAULT = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:{0}</s:Value></s:Subcode></s:Code>"
    '<s:Reason><s:Text xml:lang="en">{1}</s:Text></s:Reason></s:Fault>'
)
_NOT_AUTHORIZED = _FAULT.format("NotAuthorized", "Sender not Authorized")
_NOT_SUPPORTED = _FAULT.format("ActionNotSupported", "Not supported")
_OLD_FAULT = "<s:Fault><faultcode>s:Client</faultcode><faultstring>Sender not Authorized</faultstring></s:Fault>"
_ENCODER = (
    "<tt:Name>v</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>{codec}</tt:Encoding>"
    "<tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></tt:Resolution>"
    "<tt:RateControl><tt:FrameRateLimit>{fps}</tt:FrameRateLimit><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl>"
    "<tt:Quality>5</tt:Quality>"
)
_PROFILE = (
    '<trt:Profiles token="{token}" fixed="true"><tt:Name>{name}</tt:Name>'
    f'<tt:VideoEncoderConfiguration token="v">{_ENCODER}<tt:SessionTimeout>PT60S</tt:SessionTimeout>'
    "</tt:VideoEncoderConfiguration></trt:Profiles>"
)
_PROFILE2 = (
    '<tr2:Profiles token="{token}" fixed="true"><tr2:Name>{name}</tr2:Name><tr2:Configurations>'
    f'<tr2:VideoEncoder token="v" GovLength="50" Profile="Main">{_ENCODER}</tr2:VideoEncoder>'
    "</tr2:Configurations></tr2:Profiles>"
)
_RECORDING = "http://www.onvif.org/ver10/recording/wsdl"
_DEVICE = "http://www.onvif.org/ver10/device/wsdl"
_MEDIA = "http://www.onvif.org/ver10/media/wsdl"
_MEDIA2 = "http://www.onvif.org/ver20/media/wsdl"
_PATHS = ("/", "/onvif/device_service", "/onvif", "/onvif/media", "/onvif/media_service", "/onvif/media2")
PLAIN = {"main": (1920, 1080, "H264"), "sub": (640, 360, "H264")}
SMALL = {"main": (1920, 1080, "H264"), "sub": (640, 360, "H264"), "stills": (3840, 2160, "JPEG")}


@dataclass(frozen=True)
class Sent:
    """An answer as it goes out."""

    status: int
    body: str
    envelope: str = _ENVELOPE
    encoding: str = "utf-8"
    length: int | None = 0  # added to the length that is told; None is a chunked answer
    version: str = "HTTP/1.1"
    headers: tuple[tuple[str, str], ...] = ()
    tail: str = ""

    @property
    def data(self) -> bytes:
        """All but the head."""
        return (self.envelope.format(self.body) + self.tail).encode(self.encoding)


@dataclass(frozen=True)
class Quirk:
    """How a device departs: `send` changes an answer, from what was asked (the request's text) and what it would be."""

    name: str
    send: Callable[[str, Sent], Sent] = lambda asked, sent: sent
    device: Mapping[str, object] = field(default_factory=dict)  # further options of OnvifDevice
    error: str | None = None  # the code of the error that it is; None where it is recorded
    taken: str = "main"  # the stream that is recorded
    lesser: bool = False  # whether that is said to be a lesser one


def _to(*names: str) -> Callable[[str], bool]:
    return lambda asked: any(f"<{name} " in asked for name in names)


def _all(**changes: object) -> Callable[[str, Sent], Sent]:
    return lambda asked, sent: replace(sent, **changes)


def _instead(asks: Callable[[str], bool], **changes: object) -> Callable[[str, Sent], Sent]:
    return lambda asked, sent: replace(sent, **changes) if asks(asked) else sent


def _media2(asked: str) -> bool:
    return _MEDIA2 in asked


def _said(pattern: str, text: str) -> Callable[[str, Sent], Sent]:
    """The answer with a text in place of another."""
    return lambda asked, sent: replace(sent, body=re.sub(pattern, text, sent.body))


_BOTH = {"main": (1920, 1080, "H264"), "large": (2560, 1440, "H265")}
_OLD = _ENVELOPE.replace("http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/")
_HEADER = '<s:Header><wsse:Security xmlns:wsse="urn:x"><wsse:Nonce>%%%</wsse:Nonce></wsse:Security></s:Header>'
_NAMELESS = {**PLAIN, "": (3840, 2160, "H264")}
_EQUAL = {"slow": (1920, 1080, "H265", 12), "main": (1920, 1080, "H264", 25)}

QUIRKS = {
    quirk.name: quirk
    for quirk in (
        Quirk("none"),
        Quirk("SOAP 1.1", _all(envelope=_OLD)),
        Quirk("chunked answers", _all(length=None)),
        Quirk("HTTP/1.0", _all(version="HTTP/1.0", headers=(("X", "y"),))),
        Quirk("told length too long", _all(length=500)),
        Quirk("told length too short", _all(length=-40)),
        Quirk("keep-alive, then closes", _all(headers=(("Connection", "keep-alive"),))),
        Quirk("signs after the envelope", _all(tail="\0\r\n<!-- debug --> junk")),
        Quirk("Latin-1 called UTF-8", _all(encoding="latin-1"), {"names": "entrée {}"}),
        Quirk("control signs in a name", device={"names": "in\x1b[31m {}"}),
        Quirk("ver20 names for ver10 types", _said(r"(</?)(?:tt|trt):", r"\1tr2:")),
        Quirk("prefixes that it never declares", _all(envelope=_ENVELOPE.replace(_SPACES, ""))),
        Quirk(
            "a nonce that is no base64 in its header",
            _all(envelope=_ENVELOPE.replace("<s:Body>", _HEADER + "<s:Body>")),
        ),
        Quirk("profile tokens with spaces", device={"tokens": " token  {} "}),
        Quirk("profile tokens beyond ASCII", device={"tokens": "主码流&<{}>é"}),
        Quirk("local time and a time zone only", device={"local_time": ("CET-1CEST,M3.5.0,M10.5.0/3", 2, True)}),
        Quirk("its clock is set after it told it", device={"leap": 3600.0, "strict": True}),
        Quirk("its clock is a month off", device={"clock_off": -30 * 86400.0, "strict": True}),
        Quirk("HTTP Digest, and a page with the 401", device={"http_digest": True}),
        Quirk("a fault as 200", _all(status=200), {"password": "other"}, "CameraUnauthorised"),
        Quirk("a fault as 500", _all(status=500), {"password": "other"}, "CameraUnauthorised"),
        Quirk("a fault of SOAP 1.1", _said("<s:Fault>.*", _OLD_FAULT), {"password": "other"}, "CameraUnauthorised"),
        Quirk(
            "a 401 with a page and no challenge",
            _instead(_to("GetProfiles"), status=401, envelope="<html><body>{}</body></html>", body="Unauthorized"),
            error="CameraUnauthorised",
        ),
        Quirk("an error page", _all(status=500, envelope="<html>{}"), error="CameraFailed"),
        Quirk("H.265 by Media2 only", device={"newer": _BOTH}, taken="large"),
        Quirk("Media2 answers a fault", _instead(_media2, status=400, body=_NOT_SUPPORTED), {"newer": _BOTH}),
        Quirk("Media2 tells no encoders", _said("<tr2:Configurations>.*?</tr2:Configurations>", ""), {"newer": _BOTH}),
        Quirk("Media2 ends in the middle", _instead(_media2, tail="<", envelope="<s:Envelope>{}"), {"newer": _BOTH}),
        Quirk("Media2 is named in vain", _instead(_media2, status=404, envelope="{}", body=""), {"newer": _BOTH}),
        Quirk("Media2 alone", device={"newer": {"main": (1920, 1080, "H265")}, "offers": None}),
        Quirk("the largest is JPEG", device={"offers": SMALL}, lesser=True),
        Quirk("the largest is refused", device={"newer": _BOTH, "refuses": ("large",)}, lesser=True),
        Quirk("the largest has no token", device={"offers": _NAMELESS, "tokens": "{}"}, lesser=True),
        Quirk("two of one size", device={"newer": _EQUAL, "offers": None}),
        Quirk("names no services", device={"talks": False}),
    )
}  # fmt: skip


class OnvifDevice:
    """Answers what a check asks, each only with its login, the time without one; anything else is a fault.

    `streams`: the addresses of its profiles by their names; `offers` and `newer`: width, height, codec and perhaps
    frame rate of what Media1 and Media2 tell, None without that service; `tokens` and `names` are formats.
    `clock_off` is by how many seconds its clock is wrong; None is a device that does not tell its time.  `time_said`
    stands in place of the time that it tells; `mute` is one that takes the question and never answers it.  `talks` is
    whether it tells its services and scopes, `profile_g` whether these say that it can record on itself.  `strict`
    refuses a sign-in that is not dated by its clock, which moves by `leap` seconds once it was told.  `local_time`: a
    time zone, its hours, and whether it is summer, told in place of UTC.  `asked_for` is what it was asked, in order.
    """

    def __init__(
        self,
        streams: Mapping[str, str],
        password: str | None = None,
        *,
        clock_off: float | None = 0,
        time_said: str | None = None,
        mute: bool = False,
        talks: bool = True,
        profile_g: bool = False,
        offers: Mapping[str, tuple] | None = SMALL,
        newer: Mapping[str, tuple] | None = None,
        tokens: str = "token-{}",
        names: str = "{}",
        refuses: tuple[str, ...] = (),
        strict: bool = False,
        leap: float = 0,
        local_time: tuple[str, float, bool] | None = None,
        http_digest: bool = False,
        send: Callable[[str, Sent], Sent] = lambda asked, sent: sent,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._streams, self._password, self._host = streams, password, host
        self._clock_off, self._talks, self._profile_g = clock_off, talks, profile_g
        self._time_said, self._mute, self._over = time_said, mute, threading.Event()
        self._offers, self._newer, self._tokens, self._names, self._refuses = offers, newer, tokens, names, refuses
        self._strict, self._leap, self._local_time = strict, leap, local_time
        self._http_digest, self._send = http_digest, send
        self.asked_for: list[str] = []
        self.hosts: set[str] = set()  # as the Host headers name it
        device = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = self.rfile.read(int(self.headers["Content-Length"])).decode()
                device.hosts.add(self.headers["Host"])
                if device._http_digest and not device._signed_by_http(self.headers.get("Authorization", "")):
                    challenge = 'Digest realm="r", nonce="%% no base64 \u007e", qop="auth", algorithm=MD5'
                    page = Sent(
                        401, "Login", "<html><body>{}</body></html>", headers=(("WWW-Authenticate", challenge),)
                    )
                    self.write(page)
                elif self.path.partition("?")[0] not in _PATHS:
                    self.write(Sent(404, "", "{}"))
                else:
                    self.write(device._send(request, Sent(*device._answer(request))))

            def write(self, sent: Sent) -> None:
                self.protocol_version, data = sent.version, sent.data
                self.send_response(sent.status)
                self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
                for name, text in sent.headers:
                    self.send_header(name, text)
                if sent.length is None:
                    self.send_header("Transfer-Encoding", "chunked")
                elif sent.version == "HTTP/1.1":
                    self.send_header("Content-Length", str(max(len(data) + sent.length, 0)))
                self.end_headers()
                pieces = [data[at : at + 100] for at in range(0, len(data), 100)] if sent.length is None else [data]
                for piece in pieces:
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if sent.length is None else piece)
                if sent.length is None:
                    self.wfile.write(b"0\r\n\r\n")
                if sent.length:
                    self.wfile.flush()
                    device._over.wait(5)  # it keeps the connection, as those do that tell a wrong length
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
            request_queue_size = 64

        self._server = Server((host, 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)

    @property
    def address(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{host}:{self._server.server_port}"

    def __enter__(self) -> OnvifDevice:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request: str) -> tuple[int, str]:
        self.asked_for += re.findall(r"Body><(?:\w+:)?(\w+)", request)
        if "GetSystemDateAndTime" in request and self._mute:
            self._over.wait()
        if "GetSystemDateAndTime" in request and self._time_said is not None:
            return 200, self._time_said
        if "GetSystemDateAndTime" in request and self._clock_off is not None:
            told = self._time()
            self._clock_off, self._leap = self._clock_off + self._leap, 0
            return 200, told
        if self._password is not None and not self._http_digest and not self._signed(request):
            return 400, _NOT_AUTHORIZED
        if self._strict and not self._in_time(request):
            return 400, _FAULT.format("NotAuthorized", "Message has expired")
        if self._talks and (answer := self._about(request)):
            return 200, answer
        if "GetCapabilities" in request:
            media = f"<tt:Media><tt:XAddr>http://{self.address}/onvif/media</tt:XAddr></tt:Media>"
            answer = f"<tds:Capabilities>{media}</tds:Capabilities>"
            return 200, f"<tds:GetCapabilitiesResponse>{answer}</tds:GetCapabilitiesResponse>"
        return self._media(request)

    def _media(self, request: str) -> tuple[int, str]:
        """What either media service answers."""
        newer = f'xmlns="{_MEDIA2}"' in request
        offers, prefix = (self._newer, "tr2") if newer else (self._offers, "trt")
        if offers is None:
            return 400, _NOT_SUPPORTED
        if "GetProfiles" in request:
            form = _PROFILE2 if newer else _PROFILE
            told = "".join(self._profile(form, name, *offer) for name, offer in offers.items())
            if newer and "<Type>VideoEncoder</Type>" not in request:
                told = re.sub("<tr2:Configurations>.*?</tr2:Configurations>", "", told)
            return 200, f"<{prefix}:GetProfilesResponse>{told}</{prefix}:GetProfilesResponse>"
        if "GetStreamUri" in request:
            token = html.unescape(re.search(r"ProfileToken[^>]*>([^<]*)<", request)[1])
            name = next((name for name in offers if self._tokens.format(name) == token), None)
            if name is None or name in self._refuses:
                return 400, _FAULT.format("NoProfile", "Requested profile token does not exist")
            uri = html.escape(self._streams.get(name, next(iter(self._streams.values()), "")))
            rest = "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false"
            rest += "</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout>"
            answer = (
                f"<tr2:Uri>{uri}</tr2:Uri>" if newer else f"<trt:MediaUri><tt:Uri>{uri}</tt:Uri>{rest}</trt:MediaUri>"
            )
            return 200, f"<{prefix}:GetStreamUriResponse>{answer}</{prefix}:GetStreamUriResponse>"
        return 400, _NOT_SUPPORTED

    def _profile(self, form: str, name: str, width: int, height: int, codec: str, fps: int = 25) -> str:
        token = html.escape(self._tokens.format(name))
        return form.format(
            token=token, name=html.escape(self._names.format(name)), width=width, height=height, codec=codec, fps=fps
        )

    def _now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._clock_off or 0)

    def _time(self) -> str:
        at, name, more = self._now(), "UTCDateTime", ""
        summer = "false"
        if self._local_time is not None:
            zone, hours, is_summer = self._local_time
            at, name, summer = at + timedelta(hours=hours), "LocalDateTime", str(is_summer).lower()
            more = f"<tt:TimeZone><tt:TZ>{html.escape(zone)}</tt:TZ></tt:TimeZone>"
        time = f"<tt:Time><tt:Hour>{at.hour}</tt:Hour><tt:Minute>{at.minute}</tt:Minute>"
        time += f"<tt:Second>{at.second}</tt:Second></tt:Time>"
        date = (
            f"<tt:Date><tt:Year>{at.year}</tt:Year><tt:Month>{at.month}</tt:Month><tt:Day>{at.day}</tt:Day></tt:Date>"
        )
        kind = f"<tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>{summer}</tt:DaylightSavings>{more}"
        answer = f"<tds:SystemDateAndTime>{kind}<tt:{name}>{time}{date}</tt:{name}></tds:SystemDateAndTime>"
        return f"<tds:GetSystemDateAndTimeResponse>{answer}</tds:GetSystemDateAndTimeResponse>"

    def _about(self, request: str) -> str | None:
        if "GetDeviceInformation" in request:
            answer = "<tds:Manufacturer>Acme</tds:Manufacturer><tds:Model>Eye 4</tds:Model>"
            answer += "<tds:FirmwareVersion>1.2.3</tds:FirmwareVersion><tds:SerialNumber>7</tds:SerialNumber>"
            answer += "<tds:HardwareId>9</tds:HardwareId>"
            return f"<tds:GetDeviceInformationResponse>{answer}</tds:GetDeviceInformationResponse>"
        if "GetScopes" in request:
            scopes = ["Profile/Streaming", *(["Profile/G"] if self._profile_g else []), "name/Eye"]
            answer = "".join(
                "<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef>"
                f"<tt:ScopeItem>onvif://www.onvif.org/{scope}</tt:ScopeItem></tds:Scopes>"
                for scope in scopes
            )
            return f"<tds:GetScopesResponse>{answer}</tds:GetScopesResponse>"
        if "GetServices" in request:
            spaces = {_DEVICE: "/onvif/device_service"}
            spaces |= {_MEDIA: "/onvif/media"} if self._offers is not None else {}
            spaces |= {_MEDIA2: "/onvif/media2"} if self._newer is not None else {}
            spaces |= {_RECORDING: "/onvif/recording"} if self._profile_g else {}
            version = "<tds:Version><tt:Major>2</tt:Major><tt:Minor>5</tt:Minor></tds:Version>"
            answer = "".join(
                f"<tds:Service><tds:Namespace>{space}</tds:Namespace><tds:XAddr>http://{self.address}{path}</tds:XAddr>"
                f"{version}</tds:Service>"
                for space, path in spaces.items()
            )
            return f"<tds:GetServicesResponse>{answer}</tds:GetServicesResponse>"
        return None

    def _signed(self, request: str) -> bool:
        """Whether the digest is that of the password (WS-UsernameToken profile 1.0)."""
        fields = {
            name: re.search(rf"<(?:\w+:)?{name}[^>]*>([^<]+)<", request) for name in ("Nonce", "Created", "Password")
        }
        if not all(fields.values()):
            return False
        secret = base64.b64decode(fields["Nonce"][1]) + fields["Created"][1].encode() + (self._password or "").encode()
        return base64.b64encode(hashlib.sha1(secret).digest()).decode() == fields["Password"][1]

    def _in_time(self, request: str) -> bool:
        created = re.search(r"Created[^>]*>([^<]+)<", request)
        if created is None:
            return False
        return abs(datetime.fromisoformat(created[1]) - self._now()) < timedelta(minutes=5)

    def _signed_by_http(self, header: str) -> bool:
        """Whether the digest is that of the password (RFC 7616)."""
        given = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^",\s]+))', header)}

        def digest(text: str) -> str:
            return hashlib.md5(text.encode()).hexdigest()

        if not {"username", "nonce", "nc", "cnonce", "uri", "response"} <= given.keys():
            return False
        secret = digest(f"{given['username']}:r:{self._password or ''}")
        middle = f"{given['nonce']}:{given['nc']}:{given['cnonce']}:auth"
        return given["response"] == digest(f"{secret}:{middle}:{digest('POST:' + given['uri'])}")


def quirky(quirk: Quirk, streams: Mapping[str, str], password: str | None = None, **options: object) -> OnvifDevice:
    """The device of a quirk."""
    return OnvifDevice(
        streams, **{"password": password, "offers": PLAIN, **options, **quirk.device, "send": quirk.send}
    )
