"""An ONVIF device in a thread: SOAP over HTTP, WS-UsernameToken by digest.  Knows what the tests ask and no more."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_ENVELOPE = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"'
    ' xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"'
    ' xmlns:ter="http://www.onvif.org/ver10/error"><s:Body>{}</s:Body></s:Envelope>'
)
_NOT_AUTHORIZED = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value></s:Subcode></s:Code>"
    '<s:Reason><s:Text xml:lang="en">Sender not Authorized</s:Text></s:Reason></s:Fault>'
)
_PROFILE = (
    '<trt:Profiles token="{token}" fixed="true"><tt:Name>{name}</tt:Name>'
    '<tt:VideoEncoderConfiguration token="v-{token}"><tt:Name>v</tt:Name><tt:UseCount>1</tt:UseCount>'
    "<tt:Encoding>{codec}</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height>"
    "</tt:Resolution><tt:Quality>5</tt:Quality><tt:SessionTimeout>PT60S</tt:SessionTimeout>"
    "</tt:VideoEncoderConfiguration></trt:Profiles>"
)


_RECORDING = "http://www.onvif.org/ver10/recording/wsdl"
_DEVICE = "http://www.onvif.org/ver10/device/wsdl"


class OnvifDevice:
    """Answers what a check asks, each only with its login, the time without one; anything else is a fault.

    `clock_off` is by how many seconds its clock is wrong; None is a device that does not tell its time.  `time_said`
    stands in place of the time that it tells; `mute` is one that takes the question and never answers it.  `talks` is
    whether it tells its services and scopes, `profile_g` whether these say that it can record on itself.  `asked_for`
    is what it was asked, in order.
    """

    def __init__(
        self,
        streams: dict[str, str],
        password: str | None = None,
        *,
        clock_off: float | None = 0,
        time_said: str | None = None,
        mute: bool = False,
        talks: bool = True,
        profile_g: bool = False,
    ) -> None:
        self._streams, self._password = streams, password
        self._clock_off, self._talks, self._profile_g = clock_off, talks, profile_g
        self._time_said, self._mute, self._over = time_said, mute, threading.Event()
        self.asked_for: list[str] = []
        device = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, body = device._answer(request)
                data = _ENVELOPE.format(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

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
            return 200, self._time()
        if self._password is not None and not self._signed(request):
            return 400, _NOT_AUTHORIZED
        if self._talks and (answer := self._about(request)):
            return 200, answer
        if "GetCapabilities" in request:
            media = f"<tt:Media><tt:XAddr>http://{self.address}/onvif/media</tt:XAddr></tt:Media>"
            answer = f"<tds:Capabilities>{media}</tds:Capabilities>"
            return 200, f"<tds:GetCapabilitiesResponse>{answer}</tds:GetCapabilitiesResponse>"
        if "GetProfiles" in request:
            sizes = {"main": (1920, 1080, "H264"), "sub": (640, 360, "H264"), "stills": (3840, 2160, "JPEG")}
            profiles = "".join(
                _PROFILE.format(token=f"token-{name}", name=name, width=width, height=height, codec=codec)
                for name, (width, height, codec) in sizes.items()
            )
            return 200, f"<trt:GetProfilesResponse>{profiles}</trt:GetProfilesResponse>"
        if "GetStreamUri" in request:
            name = re.search(r"ProfileToken>token-(\w+)<", request)[1]
            uri = f"<tt:Uri>{self._streams[name]}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
            rest = "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout>"
            answer = f"<trt:MediaUri>{uri}{rest}</trt:MediaUri>"
            return 200, f"<trt:GetStreamUriResponse>{answer}</trt:GetStreamUriResponse>"
        return 400, _NOT_AUTHORIZED.replace("NotAuthorized", "ActionNotSupported").replace("Sender not", "Not")

    def _time(self) -> str:
        at = datetime.now(UTC) + timedelta(seconds=self._clock_off or 0)
        time = f"<tt:Time><tt:Hour>{at.hour}</tt:Hour><tt:Minute>{at.minute}</tt:Minute>"
        time += f"<tt:Second>{at.second}</tt:Second></tt:Time>"
        date = (
            f"<tt:Date><tt:Year>{at.year}</tt:Year><tt:Month>{at.month}</tt:Month><tt:Day>{at.day}</tt:Day></tt:Date>"
        )
        kind = "<tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
        answer = f"<tds:SystemDateAndTime>{kind}<tt:UTCDateTime>{time}{date}</tt:UTCDateTime></tds:SystemDateAndTime>"
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
            spaces = [_DEVICE, *([_RECORDING] if self._profile_g else [])]
            version = "<tds:Version><tt:Major>2</tt:Major><tt:Minor>5</tt:Minor></tds:Version>"
            answer = "".join(
                f"<tds:Service><tds:Namespace>{namespace}</tds:Namespace><tds:XAddr>http://{self.address}/onvif</tds:XAddr>"
                f"{version}</tds:Service>"
                for namespace in spaces
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
