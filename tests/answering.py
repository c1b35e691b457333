"""Cameras that answer WS-Discovery on this machine's own network, and answers that none should send."""

import re
import socket
import threading

GROUP, PORT = "239.255.255.250", 3702
ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header>
<a:MessageID>uuid:{answer}</a:MessageID><a:RelatesTo>{asked}</a:RelatesTo>
<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>
<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action>
<d:AppSequence InstanceId="1" MessageNumber="{number}"/></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>
<a:EndpointReference><a:Address>urn:uuid:{device}</a:Address></a:EndpointReference>
<d:Types>dn:NetworkVideoTransmitter</d:Types>
<d:Scopes>onvif://www.onvif.org/name/{name} onvif://www.onvif.org/hardware/Eye%204</d:Scopes>
<d:XAddrs>{addresses}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>
</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"""


def answer(host, name, asked, number=1, addresses=None):
    addresses = addresses or f"http://{host}/onvif/device_service"
    told = {"answer": f"{number:036d}", "asked": asked, "number": number, "device": host}
    return ANSWER.format(addresses=addresses, name=name, **told)


GOOD = answer("192.0.2.66", "Vals", "ASKED").encode()
HOSTILE = [
    b"",
    b"\0" * 1400,
    b"<" * 65_000,
    b"<a>" * 21_000,
    GOOD[:700],
    GOOD.replace(b"ASKED", b"uuid:another-question"),
    GOOD.replace(b'InstanceId="1"', b'InstanceId="x"').replace(b"ASKED", b"no question"),
    GOOD.replace(b"?>", b'?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>').replace(b"Vals", b"&b;"),
    GOOD.replace(b"http://192.0.2.66/onvif/device_service", b"javascript:alert(1) http://[::1 http://u:p@192.0.2.66/"),
    GOOD.replace(b"dn:NetworkVideoTransmitter", b"dn:Printer").replace(b"onvif://www.onvif.org", b"http://print"),
]


class Cameras(threading.Thread):
    """Answers each probe for cameras, three times for each device, and with what none should send."""

    def __init__(self, devices: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self._devices, self._over = devices, threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._socket.bind(("", PORT))
        membership = socket.inet_aton(GROUP) + socket.inet_aton("127.0.0.1")
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        self._socket.settimeout(0.05)

    def run(self) -> None:
        number = 0
        while not self._over.is_set():
            try:
                asked, place = self._socket.recvfrom(65536)
            except TimeoutError:
                continue
            text = asked.decode(errors="replace")
            if "discovery/Probe<" not in text or "NetworkVideoTransmitter" not in text:
                continue
            message = re.search(r"MessageID>([^<]+)<", text)[1]
            for data in HOSTILE:
                self._socket.sendto(data.replace(b"ASKED", message.encode()), place)
            for host, name in self._devices.items():
                number += 1
                for _ in range(3):
                    self._socket.sendto(answer(host, name, message, number).encode(), place)

    def stop(self) -> None:
        self._over.set()
        self.join()
        self._socket.close()
