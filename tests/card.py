"""A camera that records on its own card: ONVIF search and replay, and a server that plays it (Profile G).

Times are those of the camera's own clock.  What it was asked is kept; it signs in as the device does.
"""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime, timedelta

from onvif_device import OnvifDevice
from sent_streams import Camera, Picture, Stream

_SEARCH, _REPLAY = "http://www.onvif.org/ver10/search/wsdl", "http://www.onvif.org/ver10/replay/wsdl"
_SPACES = f'xmlns:tse="{_SEARCH}" xmlns:trp="{_REPLAY}"'
_NTP = 2_208_988_800


class CardDevice(OnvifDevice):
    """`began` is when its card's recording begins; None for an empty card."""

    def __init__(self, replay: str, began: datetime | None, seconds: float, **options: object) -> None:
        super().__init__({"main": replay}, profile_g=True, **options)
        self._replay, self._began, self._seconds = replay, began, seconds

    def _about(self, request: str) -> str | None:
        answer = super()._about(request)
        if "GetServices" in request and answer is not None:
            paths = {_SEARCH: "/onvif", _REPLAY: "/onvif/device_service"}
            version = "<tds:Version><tt:Major>2</tt:Major><tt:Minor>5</tt:Minor></tds:Version>"
            more = "".join(
                f"<tds:Service><tds:Namespace>{space}</tds:Namespace><tds:XAddr>http://192.0.2.9{path}</tds:XAddr>"
                f"{version}</tds:Service>"
                for space, path in paths.items()
            )
            return answer.replace("</tds:GetServicesResponse>", f"{more}</tds:GetServicesResponse>")
        return answer

    def _media(self, request: str) -> tuple[int, str]:
        if "FindRecordings" in request:
            return 200, _said("tse:FindRecordingsResponse", "<tse:SearchToken>s1</tse:SearchToken>")
        if "GetRecordingSearchResults" in request:
            found = "" if self._began is None else _information(self._began, self._seconds)
            listed = f"<tse:ResultList><tt:SearchState>Completed</tt:SearchState>{found}</tse:ResultList>"
            return 200, _said("tse:GetRecordingSearchResultsResponse", listed)
        if "EndSearch" in request:
            return 200, _said("tse:EndSearchResponse", f"<tse:Endpoint>{_instant(datetime.now(UTC))}</tse:Endpoint>")
        if "GetReplayUri" in request and ">r1<" in request:
            return 200, _said("trp:GetReplayUriResponse", f"<trp:Uri>{self._replay}</trp:Uri>")
        return super()._media(request)


def _said(name: str, content: str) -> str:
    return f"<{name} {_SPACES}>{content}</{name}>"


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def _information(began: datetime, seconds: float) -> str:
    first, last = _instant(began), _instant(began + timedelta(seconds=seconds))
    source = "<tt:SourceId>urn:1</tt:SourceId><tt:Name>n</tt:Name><tt:Location>l</tt:Location>"
    source += "<tt:Description>d</tt:Description><tt:Address>a</tt:Address>"
    tracks = "".join(
        f"<tt:Track><tt:TrackToken>{kind}</tt:TrackToken><tt:TrackType>{kind}</tt:TrackType><tt:Description/>"
        f"<tt:DataFrom>{first}</tt:DataFrom><tt:DataTo>{last}</tt:DataTo></tt:Track>"
        for kind in ("Video", "Audio")
    )
    return (
        f"<tt:RecordingInformation><tt:RecordingToken>r1</tt:RecordingToken><tt:Source>{source}</tt:Source>"
        f"<tt:EarliestRecording>{first}</tt:EarliestRecording><tt:LatestRecording>{last}</tt:LatestRecording>"
        f"<tt:Content>c</tt:Content>{tracks}<tt:RecordingStatus>Recording</tt:RecordingStatus></tt:RecordingInformation>"
    )


class Card(Camera):
    """Plays a stream that was taken from `began` on, at once: what a request's range asks for, from a key picture on.

    `leap` is by how many seconds the times jump after the first half.  `ranges` are those that were asked for; with
    `asked_or_not` it plays all that it has.
    """

    def __init__(self, stream: Stream, began: datetime, *, leap: float = 0.0, asked_or_not: bool = False) -> None:
        self.began, self._leap, self._plays_all = began, leap, asked_or_not
        self.ranges: list[tuple[datetime, datetime]] = []
        super().__init__(stream, again=True)

    def _taken(self, number: int, picture: Picture) -> datetime:
        later = self._leap if number >= len(self.stream.pictures) // 2 else 0.0
        return self.began + timedelta(seconds=picture.stamp / self.stream.rate + later)

    def _play(self, client: socket.socket) -> None:
        headers = next(headers for method, headers in reversed(self.asked) if method == "PLAY")
        assert headers["require"] == "onvif-replay"
        assert headers["rate-control"] == "no"
        told = re.fullmatch(r"clock=(\S+)-(\S+)", headers["range"])
        start, end = (datetime.strptime(text, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC) for text in told.groups())
        self.ranges.append((start, end))
        self._number = 0
        for number, picture in enumerate(self.stream.pictures):
            is_asked = start - timedelta(seconds=1) <= self._taken(number, picture) < end + timedelta(seconds=1)
            if is_asked or self._plays_all:
                client.sendall(b"".join(self._extended(frame, number, picture) for frame in self._frames(picture)))

    def _extended(self, frame: bytes, number: int, picture: Picture) -> bytes:
        """The packet with the header extension of a replay (ONVIF Streaming Specification, 6.3)."""
        packet = bytearray(frame[4:])
        packet[0] |= 0x10
        seconds = self._taken(number, picture).timestamp() + _NTP
        whole = int(seconds)
        stamp = whole.to_bytes(4, "big") + int((seconds - whole) * (1 << 32)).to_bytes(4, "big")
        packet[12:12] = b"\xab\xac\0\3" + stamp + bytes(4)
        return b"$\0" + len(packet).to_bytes(2, "big") + bytes(packet)
