#!/usr/bin/python3
"""GStreamer's RTSP server for films, as one line of JSON on standard input says; ends when that closes.

{"films": {"NAME": "/x.mp4"}, "codecs": {"NAME": "h264"}, "host": "127.0.0.1", "auth": "none" | "basic" | "digest",
"user": "admin", "password": "...", "certificate": "/pem or empty", "protocols": "any" | "tcp" | "udp"}

Prints its port.  Runs under Debian's own Python, because only it has the bindings.
"""

import json
import sys
import threading

import gi

for name in ("Gst", "GstRtsp", "GstRtspServer"):
    gi.require_version(name, "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

PROTOCOLS = {
    "any": GstRtsp.RTSPLowerTrans.TCP | GstRtsp.RTSPLowerTrans.UDP,
    "tcp": GstRtsp.RTSPLowerTrans.TCP,
    "udp": GstRtsp.RTSPLowerTrans.UDP,
}
METHODS = {"basic": GstRtsp.RTSPAuthMethod.BASIC, "digest": GstRtsp.RTSPAuthMethod.DIGEST}


def main() -> None:
    Gst.init(None)
    told = json.loads(sys.stdin.readline())
    server = GstRtspServer.RTSPServer()
    server.set_address(told["host"])
    server.set_service("0")
    for name, film in told["films"].items():
        codec = told["codecs"][name]
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(
            f'( filesrc location="{film}" ! qtdemux ! {codec}parse config-interval=-1 ! rtp{codec}pay name=pay0 pt=96 )'
        )
        factory.set_protocols(PROTOCOLS[told["protocols"]])
        if told["auth"] != "none" or told["certificate"]:
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role("user", "media.factory.access", True)
            permissions.add_permission_for_role("user", "media.factory.construct", True)
            factory.set_permissions(permissions)
        server.get_mount_points().add_factory(f"/{name}", factory)
    if told["auth"] != "none" or told["certificate"]:
        server.set_auth(_auth(told))
    server.attach(None)
    loop = GLib.MainLoop()
    threading.Thread(target=lambda: (sys.stdin.read(), GLib.idle_add(loop.quit)), daemon=True).start()
    print(server.get_bound_port(), flush=True)
    loop.run()


def _auth(told: dict) -> GstRtspServer.RTSPAuth:
    auth = GstRtspServer.RTSPAuth()
    if told["certificate"]:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(told["certificate"]))
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    if told["auth"] == "none":  # the certificate alone: whoever comes is that user
        auth.set_default_token(token)
        return auth
    auth.set_supported_methods(METHODS[told["auth"]])
    if told["auth"] == "digest":
        auth.add_digest(told["user"], told["password"], token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(told["user"], told["password"]), token)
    return auth


if __name__ == "__main__":
    main()
